"""The standard objects of a fresh org, with the fields a lead integration meets."""

from __future__ import annotations

from typing import Any

from leadrelay.sandbox.salesforce.fields import Field, choices

PREFIXES = {
    "Lead": "00Q",
    "Contact": "003",
    "Account": "001",
    "Opportunity": "006",
    "Task": "00T",
    "Event": "00U",
    "Campaign": "701",
    "CampaignMember": "00v",
    "CampaignMemberStatus": "01Y",
    "User": "005",
    "Group": "00G",
    "QueueSobject": "03g",
    "LeadStatus": "01J",
    "Organization": "00D",
}
READ_ONLY_OBJECTS = frozenset({"User", "Group", "QueueSobject", "LeadStatus", "Organization"})
LEAD_STATUS = ("Open - Not Contacted", "Working", "Nurturing", "Unqualified", "Closed - Converted")
CONVERTED_STATUS = "Closed - Converted"
_SALUTATIONS = ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx.")
_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
_INDUSTRIES = (
    "Agriculture",
    "Apparel",
    "Banking",
    "Biotechnology",
    "Chemicals",
    "Communications",
    "Construction",
    "Consulting",
    "Education",
    "Electronics",
    "Energy",
    "Engineering",
    "Entertainment",
    "Environmental",
    "Finance",
    "Government",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Machinery",
    "Manufacturing",
    "Media",
    "Recreation",
    "Retail",
    "Shipping",
    "Technology",
    "Telecommunications",
    "Transportation",
    "Utilities",
    "Other",
)


def _field(name: str, label: str, kind: str = "string", length: int = 0, flags: str = "ncu", **more: Any) -> Field:
    """A field; flags: n nillable, c createable, u updateable, d defaulted on create."""
    return Field(
        name,
        label,
        kind,
        length,
        nillable="n" in flags,
        createable="c" in flags,
        updateable="u" in flags,
        defaulted_on_create="d" in flags,
        **more,
    )


def _pick(name: str, label: str, values: Any, flags: str = "ncu", default: str | None = None, **more: Any) -> Field:
    return _field(
        name, label, "picklist", more.pop("length", 255), flags, choices=choices(values, default), default=default, **more
    )


def _flag(name: str, label: str, flags: str = "cud") -> Field:
    return _field(name, label, "boolean", 0, flags, default=False)


def _ref(name: str, label: str, *to: str, flags: str = "ncu", relationship: str | None = None) -> Field:
    return _field(name, label, "reference", 18, flags, reference_to=to, relationship=relationship or name.removesuffix("Id"))


def _address(prefix: str, label: str) -> list[Field]:
    start = f"{label} " if label else ""
    return [
        _field(f"{prefix}Street", f"{start}Street" if label else "Street", "textarea", 255),
        _field(f"{prefix}City", f"{start}City" if label else "City", "string", 40),
        _field(f"{prefix}State", f"{start}State/Province", "string", 80),
        _field(f"{prefix}PostalCode", f"{start}Zip/Postal Code", "string", 20),
        _field(f"{prefix}Country", f"{start}Country", "string", 80),
    ]


def _person() -> list[Field]:
    return [
        _field("LastName", "Last Name", "string", 80, "cu"),
        _field("FirstName", "First Name", "string", 40),
        _pick("Salutation", "Salutation", _SALUTATIONS, length=40),
        _field("Name", "Full Name", "string", 121, "", name_field=True),
        _field("Title", "Title", "string", 128),
        _field("Phone", "Phone", "phone", 40),
        _field("MobilePhone", "Mobile Phone", "phone", 40),
        _field("Fax", "Fax", "phone", 40),
        _field("Email", "Email", "email", 80),
        _flag("HasOptedOutOfEmail", "Email Opt Out"),
        _flag("HasOptedOutOfFax", "Fax Opt Out"),
        _flag("DoNotCall", "Do Not Call"),
        _field("Description", "Description", "textarea", 32000),
        _pick("LeadSource", "Lead Source", _SOURCES),
        _field("EmailBouncedReason", "Email Bounced Reason", "string", 255, "nu"),
        _field("EmailBouncedDate", "Email Bounced Date", "datetime", 0, "nu"),
        _field("LastActivityDate", "Last Activity", "date", 0, "n"),
    ]


def _system(*, owner: tuple[str, ...] = (), has_master: bool = False) -> list[Field]:
    made = [
        _flag("IsDeleted", "Deleted", "d"),
        _field("CreatedDate", "Created Date", "datetime", 0, "d"),
        _ref("CreatedById", "Created By ID", "User", flags="d", relationship="CreatedBy"),
        _field("LastModifiedDate", "Last Modified Date", "datetime", 0, "d"),
        _ref("LastModifiedById", "Last Modified By ID", "User", flags="d", relationship="LastModifiedBy"),
        _field("SystemModstamp", "System Modstamp", "datetime", 0, "d"),
    ]
    if owner:
        made.append(_ref("OwnerId", "Owner ID", *owner, flags="cud", relationship="Owner"))
    return made


def _lead() -> list[Field]:
    return [
        _ref("MasterRecordId", "Master Record ID", "Lead", flags="n", relationship="MasterRecord"),
        *_person(),
        _field("Company", "Company", "string", 255, "cu"),
        *_address("", ""),
        _field("Website", "Website", "url", 255),
        _pick("Status", "Status", LEAD_STATUS, "cud", LEAD_STATUS[0]),
        _pick("Industry", "Industry", _INDUSTRIES),
        _pick("Rating", "Rating", ("Hot", "Warm", "Cold")),
        _field("AnnualRevenue", "Annual Revenue", "currency", precision=18),
        _field("NumberOfEmployees", "Employees", "int", precision=8),
        _flag("IsConverted", "Converted", "cd"),
        _field("ConvertedDate", "Converted Date", "date", 0, "n"),
        _ref("ConvertedAccountId", "Converted Account ID", "Account", flags="n"),
        _ref("ConvertedContactId", "Converted Contact ID", "Contact", flags="n"),
        _ref("ConvertedOpportunityId", "Converted Opportunity ID", "Opportunity", flags="n"),
        _flag("IsUnreadByOwner", "Unread By Owner"),
        _field("Jigsaw", "Data.com Key", "string", 20),
        *_system(owner=("Group", "User")),
    ]


def _contact() -> list[Field]:
    return [
        _ref("MasterRecordId", "Master Record ID", "Contact", flags="n", relationship="MasterRecord"),
        _ref("AccountId", "Account ID", "Account"),
        *_person(),
        _field("Department", "Department", "string", 80),
        _field("HomePhone", "Home Phone", "phone", 40),
        _field("OtherPhone", "Other Phone", "phone", 40),
        _field("Birthdate", "Birthdate", "date"),
        _ref("ReportsToId", "Reports To ID", "Contact"),
        *_address("Mailing", "Mailing"),
        *_address("Other", "Other"),
        *_system(owner=("User",)),
    ]


def _account() -> list[Field]:
    return [
        _ref("MasterRecordId", "Master Record ID", "Account", flags="n", relationship="MasterRecord"),
        _field("Name", "Account Name", "string", 255, "cu", name_field=True),
        _pick("Type", "Account Type", ("Prospect", "Customer", "Partner", "Other")),
        _field("Phone", "Account Phone", "phone", 40),
        _field("Website", "Website", "url", 255),
        _pick("Industry", "Industry", _INDUSTRIES),
        _field("AnnualRevenue", "Annual Revenue", "currency", precision=18),
        _field("NumberOfEmployees", "Employees", "int", precision=8),
        _field("Description", "Account Description", "textarea", 32000),
        *_address("Billing", "Billing"),
        *_address("Shipping", "Shipping"),
        *_system(owner=("User",)),
    ]


def _opportunity() -> list[Field]:
    stages = ("Prospecting", "Qualification", "Proposal/Price Quote", "Closed Won", "Closed Lost")
    return [
        _ref("AccountId", "Account ID", "Account"),
        _field("Name", "Name", "string", 120, "cu", name_field=True),
        _pick("StageName", "Stage", stages, "cu"),
        _field("Amount", "Amount", "currency", precision=18, scale=2),
        _field("CloseDate", "Close Date", "date", 0, "cu"),
        _pick("LeadSource", "Lead Source", _SOURCES),
        _ref("CampaignId", "Campaign ID", "Campaign"),
        *_system(owner=("User",)),
    ]


def _task() -> list[Field]:
    status = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
    return [
        _ref("WhoId", "Name ID", "Contact", "Lead"),
        _ref("WhatId", "Related To ID", "Account", "Campaign", "Opportunity"),
        _field("Subject", "Subject", "combobox", 255),
        _field("ActivityDate", "Due Date Only", "date"),
        _pick("Status", "Status", status, "cud", "Not Started"),
        _pick("Priority", "Priority", ("High", "Normal", "Low"), "cud", "Normal"),
        _pick("Type", "Type", ("Call", "Meeting", "Email", "Other")),
        _pick("TaskSubtype", "Task Subtype", ("Task", "Email", "Call"), "ncd", "Task", restricted=True),
        _field("Description", "Description", "textarea", 32000),
        _flag("IsClosed", "Closed", "d"),
        _field("CompletedDateTime", "Completed Date", "datetime", 0, "n"),
        *_system(owner=("Group", "User")),
    ]


def _event() -> list[Field]:
    return [
        _ref("WhoId", "Name ID", "Contact", "Lead"),
        _ref("WhatId", "Related To ID", "Account", "Campaign", "Opportunity"),
        _field("Subject", "Subject", "combobox", 255),
        _field("StartDateTime", "Start Date Time", "datetime"),
        _field("DurationInMinutes", "Duration", "int", precision=8),
        _field("Description", "Description", "textarea", 32000),
        *_system(owner=("User",)),
    ]


def _campaign() -> list[Field]:
    return [
        _field("Name", "Name", "string", 80, "cu", name_field=True),
        _pick("Type", "Type", ("Webinar", "Conference", "Email", "Advertisement", "Other")),
        _pick("Status", "Status", ("Planned", "In Progress", "Completed", "Aborted")),
        _flag("IsActive", "Active"),
        _field("StartDate", "Start Date", "date"),
        _field("EndDate", "End Date", "date"),
        _field("Description", "Description", "textarea", 32000),
        *_system(owner=("User",)),
    ]


def _campaign_member() -> list[Field]:
    return [
        _ref("CampaignId", "Campaign ID", "Campaign", flags="c"),
        _ref("LeadId", "Lead ID", "Lead", flags="ncu"),
        _ref("ContactId", "Contact ID", "Contact", flags="ncu"),
        _ref("LeadOrContactId", "Related Record ID", "Contact", "Lead", flags="n"),
        _pick("Status", "Status", ("Sent", "Responded"), "ncud", "Sent"),
        _flag("HasResponded", "Responded", "d"),
        _field("FirstRespondedDate", "First Responded Date", "date", 0, "n"),
        *_system(),
    ]


def _directory() -> dict[str, list[Field]]:
    return {
        "CampaignMemberStatus": [
            _ref("CampaignId", "Campaign ID", "Campaign", flags="c"),
            _field("Label", "Label", "string", 765, "cu"),
            _flag("HasResponded", "Responded"),
            _flag("IsDefault", "Is Default"),
            *_system(),
        ],
        "User": [
            _field("Username", "Username", "string", 80, ""),
            _field("FirstName", "First Name", "string", 40, "n"),
            _field("LastName", "Last Name", "string", 80, ""),
            _field("Name", "Full Name", "string", 121, "", name_field=True),
            _field("Email", "Email", "email", 128, ""),
            _field("Alias", "Alias", "string", 8, "n"),
            _flag("IsActive", "Active", "d"),
            _pick("UserType", "User Type", ("Standard", "Guest"), "", restricted=True),
            _pick("TimeZoneSidKey", "Time Zone", ("Europe/Berlin", "America/Los_Angeles"), "", restricted=True),
            *_system(),
        ],
        "Group": [
            _field("Name", "Name", "string", 40, "", name_field=True),
            _field("DeveloperName", "Developer Name", "string", 80, "n"),
            _pick("Type", "Type", ("Regular", "Queue"), "", restricted=True),
            _field("Email", "Email", "email", 255, "n"),
            *_system(),
        ],
        "QueueSobject": [
            _ref("QueueId", "Group ID", "Group", flags=""),
            _pick("SobjectType", "Sobject Type", ("Lead", "Case"), "", restricted=True, length=40),
            *_system(),
        ],
        "LeadStatus": [
            _field("MasterLabel", "Master Label", "string", 255, "n"),
            _field("ApiName", "API Name", "string", 255, ""),
            _field("SortOrder", "Sort Order", "int", 0, "n", precision=9),
            _flag("IsDefault", "Is Default", "d"),
            _flag("IsConverted", "Is Converted", "d"),
            *_system(),
        ],
        "Organization": [
            _field("Name", "Name", "string", 80, "", name_field=True),
            _pick("OrganizationType", "Edition", ("Developer Edition", "Enterprise Edition"), "n", restricted=True),
            _field("InstanceName", "Instance Name", "string", 5, "n"),
            _flag("IsSandbox", "Is Sandbox", "d"),
            _pick("TimeZoneSidKey", "Time Zone", ("Europe/Berlin", "America/Los_Angeles"), "n", restricted=True),
            _pick("LanguageLocaleKey", "Language", ("en_US", "de"), "n", restricted=True),
            *_system(),
        ],
    }


def standard_objects() -> dict[str, list[Field]]:
    """Every object with its fields, the id first."""
    made = {
        "Lead": _lead(),
        "Contact": _contact(),
        "Account": _account(),
        "Opportunity": _opportunity(),
        "Task": _task(),
        "Event": _event(),
        "Campaign": _campaign(),
        "CampaignMember": _campaign_member(),
        **_directory(),
    }
    return {name: [_field("Id", f"{name} ID", "id", 18, "d"), *described] for name, described in made.items()}
