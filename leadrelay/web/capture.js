// Visits of a website, for leadrelay. First-party, no dependency, ES5, no eval. docs/tracking.md explains it.
// Served at /capture.js as capture.min.js, made of this file (docs/tracking.md says how); a test holds the two together.
(function (win, doc) {
  "use strict";
  var script = doc.currentScript, kept = null, queue = [], added = [], timer = 0, seen = "";

  // A browser too old to know its script records nothing, but the site's own call must not fail there.
  win.leadrelay = {consent: function () {}, page: function () {}};
  if (!script) return;

  var KEY = "leadrelay", CONSENT = "data-leadrelay-consent";
  var CAMPAIGN = /[?&](utm_(?:source|medium|campaign|term|content)|gclid|gbraid|wbraid|fbclid|msclkid|li_fat_id|ttclid)=([^&#]+)/gi;
  var root = doc.documentElement, nav = win.navigator;
  var to = script.src.replace(/\/capture\.js.*$/, "/in/" + ask("source"));
  var objected = ask("dnt") !== "ignore" &&
    (nav.globalPrivacyControl || nav.doNotTrack === "1" || win.doNotTrack === "1");

  function random() {
    var text = "", bytes = win.crypto.getRandomValues(new Uint8Array(16)), i;
    for (i = 0; i < 16; i++) text += (bytes[i] + 256).toString(16).slice(1);
    return text;
  }

  function cut(text) { return text.slice(0, 2000); }
  function href() { return cut(location.href); }

  function ask(name) { return script.getAttribute("data-" + name); }

  // The first page of somebody who comes from elsewhere is kept, with its campaign, until a form is posted.
  function arrived() {
    var found = {landing_page: href(), referrer: cut(doc.referrer)};
    location.search.replace(CAMPAIGN, function (all, name, value) {
      try { found[name.toLowerCase()] = cut(decodeURIComponent(value.replace(/\+/g, " "))); } catch (e) { /**/ }
    });
    return found;
  }

  // Storage may be full or forbidden: the visitor is then known on this page only.
  function save() {
    try { win.localStorage.setItem(KEY, JSON.stringify(kept)); } catch (e) { /**/ }
  }

  function start() {
    var is_new;
    try { kept = JSON.parse(win.localStorage.getItem(KEY)); } catch (e) { /**/ }
    is_new = !kept || !kept.id || !(kept.until > Date.now());
    if (is_new) kept = {id: random(), until: Date.now() + (+ask("days") || 90) * 864e5};
    if (is_new || (!kept.first && doc.referrer.indexOf(location.origin + "/"))) kept.first = arrived();
    save();
    page(is_new);
    each(fill);
  }

  function record(kind, content, landing) {
    if (!kept) return;
    var visit = {id: random(), kind: kind, at: Date.now(), page_url: href(), referrer: cut(doc.referrer)};
    if (content) visit.content_id = content;
    if (landing) visit.landing_page = visit.page_url;
    queue.push(visit);
    if (!timer) timer = setTimeout(send, 1000);
  }

  function page(landing) {
    if (kept && seen !== location.href) record("page_view", "", landing);
    seen = location.href;
  }

  function send() {
    var body, part, i;
    clearTimeout(timer);
    timer = 0;
    while (kept && queue.length) {  // in parts, since a browser sends no more than 64 kB from a page that is left
      part = queue.splice(0, 9);
      for (i = 0; i < part.length; i++) part[i].ago = Math.max(0, Date.now() - part[i].at);
      body = JSON.stringify({leadrelay_visits: part, visitor: kept.id});
      if (nav.sendBeacon && nav.sendBeacon(to, body)) continue;
      if (win.fetch) fetch(to, {method: "POST", body: body, keepalive: true})["catch"](function () {});
    }
  }

  function each(act) {
    var forms = doc.querySelectorAll("form[data-leadrelay]"), i;
    for (i = 0; i < forms.length; i++) act(forms[i]);
  }

  function put(form, name, value) {
    var input = form.querySelector("[name=" + name + "]");
    if (!value || (input && input.value && added.indexOf(input) < 0)) return;
    if (!input) {
      input = doc.createElement("input");
      input.type = "hidden";
      input.name = name;
      added.push(form.appendChild(input));
    }
    input.value = value;
  }

  function fill(form) {
    for (var name in kept.first) put(form, name, kept.first[name]);
    put(form, "page_url", href());
    put(form, "leadrelay_visitor", kept.id);
  }

  function on(where, what, act) { where.addEventListener(what, act, true); }
  function mark(at, name) { return at.getAttribute("data-leadrelay-" + name); }

  function consent(yes) {
    if (yes) {
      if (!kept && !objected) start();
      return;
    }
    kept = null;
    queue = [];
    seen = "";
    while (added.length) added.pop().value = "";
    try { win.localStorage.removeItem(KEY); } catch (e) { /**/ }
  }

  function look() {
    var said = root.getAttribute(CONSENT);
    if (said) consent(said === "yes");
  }

  on(doc, "click", function (event) {
    for (var at = event.target; at && at.getAttribute; at = at.parentNode) {
      if (mark(at, "cta")) return record("cta_click", mark(at, "cta"));
      if (mark(at, "content")) return record("content_download", mark(at, "content"));
    }
  });
  on(doc, "submit", function (event) {
    if (!kept || !event.target.hasAttribute("data-leadrelay")) return;
    fill(event.target);
    send();
    delete kept.first;
    save();
  });
  on(doc, "visibilitychange", function () { if (doc.hidden) send(); });
  on(win, "pagehide", send);
  win.leadrelay = {consent: consent, page: page};
  if (win.MutationObserver) new MutationObserver(look).observe(root, {attributes: true, attributeFilter: [CONSENT]});
  look();
})(window, document);
