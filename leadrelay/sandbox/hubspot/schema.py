"""The standard objects of a fresh portal, with the properties a lead integration meets."""

from __future__ import annotations

from leadrelay.sandbox.hubspot.properties import YES_NO, Option, Property, made

TYPE_IDS = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "tasks": "0-27",
    "notes": "0-46",
    "calls": "0-48",
    "emails": "0-49",
    "meetings": "0-47",
}
SINGULAR = {name: name[:-1] if name != "companies" else "company" for name in TYPE_IDS}
GROUPS = {
    "contacts": "contactinformation",
    "companies": "companyinformation",
    "deals": "dealinformation",
    "tasks": "engagement",
    "notes": "engagement",
    "calls": "engagement",
    "emails": "engagement",
    "meetings": "engagement",
}
ALWAYS_SHOWN = {
    "contacts": ("createdate", "hs_object_id", "lastmodifieddate"),
}
SHOWN_ALWAYS_ELSEWHERE = ("createdate", "hs_lastmodifieddate", "hs_object_id")
SHOWN_BY_DEFAULT = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("domain", "name"),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
}
LIFECYCLE_STAGES = (
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
)
LEAD_STATUSES = (
    "NEW",
    "OPEN",
    "IN_PROGRESS",
    "OPEN_DEAL",
    "UNQUALIFIED",
    "ATTEMPTED_TO_CONTACT",
    "CONNECTED",
    "BAD_TIMING",
)
DEAL_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)
_INDUSTRIES = ("ACCOUNTING", "AUTOMOTIVE", "BANKING", "COMPUTER_SOFTWARE", "CONSTRUCTION", "HOSPITAL_HEALTH_CARE", "MACHINERY")
_CHOICES = {
    "lifecyclestage": LIFECYCLE_STAGES,
    "hs_lead_status": LEAD_STATUSES,
    "dealstage": tuple(stage for stage, _, _ in DEAL_STAGES),
    "pipeline": ("default",),
    "industry": _INDUSTRIES,
    "hs_task_priority": ("NONE", "LOW", "MEDIUM", "HIGH"),
    "hs_task_status": ("NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"),
    "hs_task_type": ("EMAIL", "CALL", "TODO"),
    "hs_analytics_source": ("ORGANIC_SEARCH", "PAID_SEARCH", "EMAIL_MARKETING", "DIRECT_TRAFFIC", "OFFLINE"),
    "hs_latest_source": ("ORGANIC_SEARCH", "PAID_SEARCH", "EMAIL_MARKETING", "DIRECT_TRAFFIC", "OFFLINE"),
    "hs_buying_role": ("BLOCKER", "BUDGET_HOLDER", "CHAMPION", "DECISION_MAKER", "END_USER", "INFLUENCER"),
    "dealtype": ("newbusiness", "existingbusiness"),
    "type": ("PROSPECT", "PARTNER", "RESELLER", "VENDOR", "OTHER"),
}

# name | label | type/field type | marks: r read only, c calculated, u unique, o an owner's id
_EVERYWHERE = """
hs_object_id|Record ID|number/number|ru
createdate|Create Date|datetime/date|r
hs_createdate|Object create date/time|datetime/date|r
hs_merged_object_ids|Merged object IDs|enumeration/checkbox|r
hs_object_source|Record creation source|string/text|r
hs_object_source_id|Record creation source ID|string/text|r
hs_object_source_label|Record source|enumeration/select|r
hs_object_source_user_id|Record creation source user ID|number/number|r
hs_created_by_user_id|Created by user ID|number/number|r
hs_updated_by_user_id|Updated by user ID|number/number|r
hubspot_owner_id|Owner|enumeration/select|o
hubspot_owner_assigneddate|Owner assigned date|datetime/date|r
hubspot_team_id|HubSpot Team|enumeration/select|r
hs_all_owner_ids|All owner IDs|enumeration/checkbox|r
"""
_CONTACT = """
email|Email|string/text|u
firstname|First Name|string/text|
lastname|Last Name|string/text|
salutation|Salutation|string/text|
phone|Phone Number|string/phonenumber|
mobilephone|Mobile Phone Number|string/phonenumber|
fax|Fax Number|string/text|
company|Company Name|string/text|
jobtitle|Job Title|string/text|
website|Website URL|string/text|
address|Street Address|string/text|
city|City|string/text|
state|State/Region|string/text|
zip|Postal Code|string/text|
country|Country/Region|string/text|
industry|Industry|string/text|
numemployees|Number of Employees|string/text|
annualrevenue|Annual Revenue|string/text|
message|Message|string/textarea|
hs_language|Preferred language|string/text|
hs_persona|Persona|string/text|
date_of_birth|Date of birth|string/text|
hs_additional_emails|Additional email addresses|enumeration/checkbox|
hs_buying_role|Buying Role|enumeration/checkbox|
lifecyclestage|Lifecycle Stage|enumeration/radio|
hs_lead_status|Lead Status|enumeration/radio|
hs_email_optout|Unsubscribed from all email|bool/booleancheckbox|r
hs_legal_basis|Legal basis for processing contact's data|string/text|
hs_marketable_status|Marketing contact status|bool/booleancheckbox|r
hs_analytics_source|Original Traffic Source|enumeration/select|
hs_analytics_source_data_1|Original Traffic Source Drill-Down 1|string/text|r
hs_latest_source|Latest Traffic Source|enumeration/select|r
hs_google_click_id|Google ad click id|string/text|
hs_email_domain|Email Domain|string/text|rc
hs_email_bounce|Marketing emails bounced|number/number|r
hs_email_hard_bounce_reason_enum|Email hard bounce reason|string/text|r
hs_calculated_phone_number|Calculated phone number|string/text|rc
hs_full_name_or_email|Full name or email|string/calculation_equation|rc
hs_is_unworked|Contact unworked|bool/calculation_equation|rc
hs_sa_first_engagement_date|Date of first engagement|datetime/date|r
first_outreach_date|First outreach date|datetime/date|r
notes_last_contacted|Last Contacted|datetime/date|r
notes_last_updated|Last Activity Date|datetime/date|r
hs_sales_email_last_replied|Recent Sales Email Replied Date|datetime/date|r
num_contacted_notes|Number of times contacted|number/number|r
num_notes|Number of Sales Activities|number/number|r
hs_last_sales_activity_timestamp|Last Engagement Date|datetime/date|r
hs_last_sales_activity_date|Last engagement date (old)|datetime/date|r
hs_last_sales_activity_type|Last engagement type|enumeration/select|r
num_associated_deals|Number of Associated Deals|number/number|rc
first_deal_created_date|First Deal Created Date|datetime/date|r
recent_deal_amount|Recent Deal Amount|number/number|r
associatedcompanyid|Primary Associated Company ID|number/number|
closedate|Close Date|datetime/date|
hs_lifecyclestage_lead_date|Became a Lead Date|datetime/date|r
hs_lifecyclestage_marketingqualifiedlead_date|Became a Marketing Qualified Lead Date|datetime/date|r
hs_lifecyclestage_salesqualifiedlead_date|Became a Sales Qualified Lead Date|datetime/date|r
hs_lifecyclestage_opportunity_date|Became an Opportunity Date|datetime/date|r
hs_lifecyclestage_customer_date|Became a Customer Date|datetime/date|r
hs_calculated_merged_vids|Merged vids with timestamps of a contact|enumeration/checkbox|r
hs_all_contact_vids|All vids for a contact|enumeration/checkbox|r
hs_is_contact|Is a contact|bool/booleancheckbox|r
lastmodifieddate|Last Modified Date|datetime/date|r
"""
_COMPANY = """
name|Company name|string/text|
domain|Company Domain Name|string/text|
website|Website URL|string/text|
phone|Phone Number|string/phonenumber|
address|Street Address|string/text|
city|City|string/text|
state|State/Region|string/text|
zip|Postal Code|string/text|
country|Country/Region|string/text|
industry|Industry|enumeration/select|
numberofemployees|Number of Employees|number/number|
annualrevenue|Annual Revenue|number/number|
description|Description|string/textarea|
type|Type|enumeration/select|
lifecyclestage|Lifecycle Stage|enumeration/radio|
hs_additional_domains|Additional Domains|enumeration/checkbox|
num_associated_contacts|Number of Associated Contacts|number/number|rc
notes_last_contacted|Last Contacted|datetime/date|r
hs_lastmodifieddate|Last Modified Date|datetime/date|r
"""
_DEAL = """
dealname|Deal Name|string/text|
pipeline|Pipeline|enumeration/select|
dealstage|Deal Stage|enumeration/radio|
amount|Amount|number/number|
closedate|Close Date|datetime/date|
dealtype|Deal Type|enumeration/radio|
description|Deal Description|string/textarea|
hs_is_closed|Is Deal Closed?|bool/calculation_equation|rc
hs_is_closed_won|Is Closed Won|bool/calculation_equation|rc
num_associated_contacts|Number of Associated Contacts|number/number|rc
hs_lastmodifieddate|Last Modified Date|datetime/date|r
"""
_ACTIVITY = """
hs_timestamp|Activity date|datetime/date|
hs_attachment_ids|Attached file IDs|enumeration/checkbox|
hs_body_preview|Body preview|string/textarea|rc
hs_lastmodifieddate|Last modified date|datetime/date|r
"""
_NOTE = "hs_note_body|Body|string/html|\n"
_TASK = """
hs_task_body|Notes|string/html|
hs_task_subject|Task title|string/text|
hs_task_status|Task status|enumeration/select|
hs_task_priority|Priority|enumeration/select|
hs_task_type|Task type|enumeration/select|
hs_task_completion_date|Completed at|datetime/date|r
"""
_TALK = "hs_{0}_body|Body|string/html|\nhs_{0}_title|Title|string/text|\nhs_{0}_direction|Direction|string/text|\n"
_SPECS = {
    "contacts": _EVERYWHERE + _CONTACT,
    "companies": _EVERYWHERE + _COMPANY,
    "deals": _EVERYWHERE + _DEAL,
    "tasks": _EVERYWHERE + _ACTIVITY + _TASK,
    "notes": _EVERYWHERE + _ACTIVITY + _NOTE,
    "calls": _EVERYWHERE + _ACTIVITY + _TALK.format("call"),
    "emails": _EVERYWHERE + _ACTIVITY + _TALK.format("email"),
    "meetings": _EVERYWHERE + _ACTIVITY + _TALK.format("meeting"),
}
# What the HubSpot-Salesforce integration adds to contacts when it is installed; its values are only the integration's to set.
SALESFORCE_PROPERTIES = """
salesforcecontactid|Salesforce Contact ID|string/text|r
salesforceleadid|Salesforce Lead ID|string/text|r
salesforceaccountid|Salesforce Account ID|string/text|r
salesforceownerid|Salesforce Owner ID|string/text|r
salesforcelastsynctime|Last Salesforce Sync Time|datetime/date|r
hs_salesforcecontactid|Salesforce Contact ID|string/text|r
hs_salesforceleadid|Salesforce Lead ID|string/text|r
"""


def label_of(value: str) -> str:
    """A readable label for a standard value."""
    known = {stage: label for stage, label, _ in DEAL_STAGES}
    return known.get(value) or value.replace("_", " ").title()


def parsed(spec: str, group: str) -> dict[str, Property]:
    """Properties out of the table above."""
    found = {}
    for line in spec.split("\n"):
        if line:
            name, label, kinds, marks = line.split("|")
            kind, field_type = kinds.split("/")
            options = YES_NO if kind == "bool" else tuple(Option(one, label_of(one)) for one in _CHOICES.get(name, ()))
            found[name] = made(
                Property(
                    name,
                    label,
                    kind,
                    field_type,
                    options if kind in ("enumeration", "bool") else (),
                    has_unique_value="u" in marks,
                    read_only="r" in marks,
                    calculated="c" in marks,
                    defined_by_hubspot=True,
                    references="OWNER" if "o" in marks else "",
                    group=group,
                )
            )
    return found


def standard_objects() -> dict[str, dict[str, Property]]:
    """Every standard object's properties by name."""
    return {name: parsed(spec, GROUPS[name]) for name, spec in _SPECS.items()}
