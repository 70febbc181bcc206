// A form in a page: faults beside their fields, a draft for a day, a review, and sending without leaving the page. Pages fetch it by form.js.
import { said } from "./said.js";

const DAY = 24 * 60 * 60 * 1000;
const PATIENCE = 30_000;
/** Answers of the counter after which only a fresh token helps. */
const TOKEN_CODES = ["token_required", "token_invalid", "token_expired", "token_used", "pow_required"];

/** Fields that carry the way of a posted form; here the request's headers do. */
const WAY = ["submission_id", "token", "pow", "step", "_charset_"];

/** An element with its class, text and children. */
function element(name, className = "", text = "", ...children) {
  const made = Object.assign(document.createElement(name), { className });
  made.append(text, ...children);
  return made;
}

function button(text, className, press) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

/** Sets an attribute, or takes it away where there is nothing to say. */
function set(holder, name, value) {
  if (value) holder.setAttribute(name, value);
  else holder.removeAttribute(name);
}

/**
 * Changes what stands above; what has the focus stays where it is in the window, if it is there to be seen. A browser's own
 * anchor may stand above the change as well.
 */
function inPlace(change) {
  const focused = document.activeElement ?? document.body;
  const { top, bottom } = focused.getBoundingClientRect();
  const seen = focused !== document.body && bottom > 0 && top < innerHeight;
  change();
  if (seen) scrollBy({ top: focused.getBoundingClientRect().top - top, behavior: "instant" });
}

/** Characters as people count them. */
function graphemes(text) {
  return globalThis.Intl?.Segmenter ? [...new Intl.Segmenter().segment(text)].length : [...text].length;
}

/** A random UUID, also where the page was not loaded over HTTPS. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A text such that SHA-256(token ":" text) begins with so many zero bits. */
async function proof(token, bits) {
  const encoder = new TextEncoder();
  for (let number = 0; ; number += 1) {
    const hash = new DataView(await crypto.subtle.digest("SHA-256", encoder.encode(`${token}:${number}`)));
    if (Math.clz32(hash.getUint32(0)) >= bits) return String(number);
  }
}

/** One question. */
class Field {
  constructor(box, form) {
    Object.assign(this, { box, form, data: box.dataset, name: box.dataset.field, base: `${form.getAttribute("id")}-${box.dataset.field}` });
    this.controls = [...box.querySelectorAll("input, select, textarea")];
    this.first = this.controls[0];
    this.chosen = ["radio", "checkbox"].includes(this.first.type);
    /** What takes the marks of a fault: the group of radio buttons, else the control. */
    this.holder = this.first.type === "radio" ? box : this.first;
    this.conditions = JSON.parse(this.data.requiredIf ?? "[]");
  }

  /** The question, in the words of the page: what stands first in its legend or label. */
  get label() {
    const holder = this.box.querySelector(":scope > legend, .form-label > label");
    return holder?.firstChild?.textContent.trim() ?? this.name;
  }

  get value() {
    return this.chosen ? (this.controls.find((control) => control.checked)?.value ?? "") : this.first.value;
  }

  set value(value) {
    if (this.chosen) return this.controls.forEach((control) => (control.checked = control.value === value));
    if (this.first.localName === "select" && value && ![...this.first.options].some((option) => option.value === value)) {
      this.first.add(new Option(value, value));
    }
    this.first.value = value;
  }

  /** What was answered, as a person reads it. */
  get shown() {
    if (this.chosen) {
      const chosen = this.controls.find((control) => control.checked);
      return chosen ? chosen.labels[0].textContent : "";
    }
    return this.first.localName === "select" && this.value ? this.first.selectedOptions[0].textContent : this.value;
  }

  isRequired(valueOf) {
    const holds = ({ field, is, values }) => values.includes(valueOf(field)) === is;
    return this.data.required === "always" || this.conditions.some(holds);
  }

  /** A message about what is wrong, with the values that it names. */
  saying(message) {
    const values = { label: this.label, most: this.data.most };
    return message.replace(/\{(label|most)\}/g, (_, name) => values[name]);
  }

  /** What is wrong with the answer, if this page can tell; the counter looks again, and closer. */
  fault(valueOf, faults) {
    if (this.first.validity.badInput) return this.saying(faults.badDateTime);
    if (!this.value.trim()) return this.isRequired(valueOf) ? this.saying(this.data.missing ?? faults.missing) : "";
    return this.data.most && graphemes(this.value.trim()) > Number(this.data.most) ? this.saying(faults.tooLong) : "";
  }

  /** Shows what is wrong beside the field, or that nothing is. */
  mark(message, before) {
    const id = `${this.base}-fault`;
    document.getElementById(id)?.remove();
    const others = (this.holder.getAttribute("aria-describedby") ?? "").split(" ").filter((other) => other && other !== id);
    if (message) {
      const note = element("p", "form-fault", "", element("span", "hidden", `${before} `), message);
      (this.first.closest(".form-choice") ?? this.first).before(Object.assign(note, { id }));
      others.push(id);
    }
    set(this.holder, "aria-invalid", message && "true");
    set(this.holder, "aria-describedby", others.join(" "));
  }

  get isMarked() {
    return this.holder.hasAttribute("aria-invalid");
  }

  /** Says beside the question whether an answer is needed now. */
  showNeed(valueOf, words) {
    if (!this.conditions.length) return;
    const needed = this.isRequired(valueOf);
    const need = this.box.querySelector(".form-need");
    need.classList.toggle("now", needed);
    need.textContent = needed ? words.required : words.sometimes;
    this.holder.setAttribute("aria-required", String(needed));
    if (!needed && this.isMarked && !this.value) this.mark("");
  }
}

/** What was entered, kept in this browser. Consent is not: it is given anew each time. */
class Draft {
  constructor(name) {
    this.place = `madoguchi-form-${name}`;
    this.key = uuid();
    this.works = false;
    try {
      localStorage.setItem(`${this.place}-test`, "1");
      localStorage.removeItem(`${this.place}-test`);
      this.works = true;
    } catch {
      // The browser keeps nothing for this site.
    }
  }

  /** The values kept, unless they are too old. */
  load() {
    if (!this.works) return {};
    try {
      const { at, key, values } = JSON.parse(localStorage.getItem(this.place)) ?? {};
      if (Date.now() - at < DAY && key && values) {
        this.key = key;
        return values;
      }
    } catch {
      // What is damaged is forgotten.
    }
    localStorage.removeItem(this.place);
    return {};
  }

  save(values) {
    if (!this.works) return;
    try {
      localStorage.setItem(this.place, JSON.stringify({ at: Date.now(), key: this.key, values }));
    } catch {
      // There is no room; the form itself still holds the answers.
    }
  }

  clear() {
    this.key = uuid();
    if (this.works) localStorage.removeItem(this.place);
  }
}

/** Of the form only attributes are read, and methods called that no field can have the name of: a field hides what is called as it is. */
class RequestForm {
  constructor(form, words, faults) {
    Object.assign(this, { form, words, messages: faults, action: form.getAttribute("action") });
    this.fields = [...form.querySelectorAll("[data-field]")].map((box) => new Field(box, form));
    this.faults = form.querySelector(".form-faults");
    this.lang = form.querySelector(".form-buttons button")?.lang;
    this.status = this.said(element("p", "form-status"));
    this.status.setAttribute("role", "status");
    form.querySelector(".form-buttons").before(this.status);
    this.draft = new Draft(form.getAttribute("data-form"));
    this.offerDraft();
    this.zone();
    this.showNeeds();
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", (event) => this.looked(event.target));
    form.addEventListener("submit", (event) => this.submitted(event));
  }

  /** Marks an element with words of the theme where these are in another language than the form: its button is marked so. */
  said(made) {
    if (this.lang) made.lang = this.lang;
    return made;
  }

  valueOf = (name) => this.fields.find((field) => field.name === name)?.value ?? "";

  offerDraft() {
    if (!this.draft.works) return;
    this.note = this.said(element("p", "", this.words.draft));
    this.note.setAttribute("role", "status");
    const clear = this.said(button(this.words.draftClear, "second", () => this.clear()));
    this.faults.after(element("div", "form-draft", "", this.note, clear));
    const kept = Object.entries(this.draft.load()).filter(([, value]) => value);
    for (const [name, value] of kept) {
      const field = this.fields.find((field) => field.name === name);
      if (field && !field.value) field.value = value;
    }
    if (kept.length) this.note.textContent = `${this.words.draftRestored} ${this.words.draft}`;
    addEventListener("pagehide", () => this.saving && this.save());
  }

  /** The reader's own time zone, unless another is given. */
  zone() {
    const field = this.fields.find(({ box }) => box.classList.contains("timezone"));
    if (field && !field.value) field.value = new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }

  clear() {
    if (!confirm(this.words.draftAsk)) return;
    this.forget();
    this.zone();
    this.fields.forEach((field) => this.mark(field, ""));
    this.summarise([]);
    this.showNeeds();
    this.say("");
    this.note.textContent = this.words.draftCleared;
  }

  forget() {
    this.saving = clearTimeout(this.saving);
    HTMLFormElement.prototype.reset.call(this.form);
    this.draft.clear();
  }

  changed() {
    this.showNeeds();
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.save(), 300);
    this.token ??= this.askToken().catch(() => undefined);
  }

  save() {
    this.saving = clearTimeout(this.saving);
    const kept = this.fields.filter(({ box }) => !box.classList.contains("box"));
    this.draft.save(Object.fromEntries(kept.map((field) => [field.name, field.value])));
  }

  /** A field was left: what is wrong with it is shown, and what was wrong is taken back. */
  looked(control) {
    const field = this.fields.find(({ controls }) => controls.includes(control));
    if (field && (field.value || field.isMarked || control.validity.badInput)) this.mark(field, this.faultOf(field));
  }

  faultOf(field) {
    return field.fault(this.valueOf, this.messages);
  }

  mark(field, message) {
    field.mark(message, this.words.error);
  }

  showNeeds() {
    this.fields.forEach((field) => field.showNeed(this.valueOf, this.words));
  }

  say(message, wrong = false) {
    this.status.textContent = message;
    this.status.classList.toggle("wrong", wrong);
  }

  /** The list of what is wrong, above the form: [field or nothing, message]. */
  summarise(faults) {
    const entry = ([field, message]) => {
      const link = element("a", "", message);
      if (field) link.href = `#${field.first.id}`;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        field?.first.focus();
      });
      return element("li", "", field ? "" : message, ...(field ? [link] : []));
    };
    this.faults.querySelector("ul").replaceChildren(...faults.map(entry));
    this.faults.hidden = faults.length === 0;
    if (faults.length) this.faults.focus();
  }

  submitted(event) {
    event.preventDefault();
    if (location.protocol === "file:") return this.say(this.words.fromFile, true);
    this.say("");
    const faults = this.fields.map((field) => [field, this.faultOf(field)]);
    faults.forEach(([field, message]) => this.mark(field, message));
    const wrong = faults.filter(([, message]) => message);
    this.summarise(wrong);
    if (!wrong.length) this.review();
  }

  /** Puts something in the place of the form. */
  show(title, ...children) {
    const heading = this.said(element("p", "form-note-title", title));
    heading.tabIndex = -1;
    this.panel?.remove();
    this.panel = element("section", "request", "", heading, ...children);
    this.panel.lang = this.form.getAttribute("lang");
    this.panel.setAttribute("aria-label", title);
    this.form.insertAdjacentElement("afterend", this.panel);
    this.form.toggleAttribute("hidden", true);
    this.panel.scrollIntoView({ block: "start" });
    heading.focus();
  }

  review() {
    this.save();
    const answers = element("dl", "form-answers");
    for (const field of this.fields) {
      answers.append(element("div", "", "", element("dt", "", field.label), field.shown ? element("dd", "", field.shown) : this.said(element("dd", "none", this.words.none))));
    }
    this.result = element("div", "form-status");
    this.result.setAttribute("role", "status");
    this.sender = button(this.form.getAttribute("data-send"), "", () => this.send());
    const buttons = element("p", "form-buttons", "", this.sender, this.said(button(this.words.edit, "second", () => this.edit())));
    this.show(this.words.review, this.said(element("p", "", this.words.reviewText)), answers, this.result, buttons);
  }

  edit() {
    if (this.busy) return;
    this.panel.remove();
    this.form.toggleAttribute("hidden", false);
    this.fields[0].first.focus();
  }

  /** Once at a time, however often the button is pressed. */
  async send() {
    if (this.busy) return;
    this.busy = true;
    this.sender.setAttribute("aria-disabled", "true");
    this.result.className = "form-status";
    this.result.textContent = this.words.sending;
    try {
      await this.answered(await this.post());
    } catch {
      this.failed(this.words.unreachable);
    }
    this.busy = false;
    this.sender.removeAttribute("aria-disabled");
  }

  async askToken() {
    const response = await fetch(`${this.action}/token`, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(response.statusText);
    const { token, pow } = await response.json();
    return { token, bits: pow?.bits ?? 0 };
  }

  async post() {
    // A token that could not be had before is asked for again; without one the counter says what to do.
    const asked = (await this.token) ?? (await (this.token = this.askToken()).catch(() => (this.token = undefined)));
    const { token = "", bits = 0 } = asked ?? {};
    const answers = [...new FormData(this.form)].filter(([name, value]) => value && !WAY.includes(name));
    const body = { ...Object.fromEntries(answers), token };
    if (bits && crypto.subtle) body.pow = await proof(token, bits);
    return fetch(this.action, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, application/problem+json", "idempotency-key": this.draft.key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
  }

  async answered(response, worked = false) {
    const answer = await response.json().catch(() => undefined);
    if (response.ok && answer?.reference) return this.receipt(answer);
    if (!answer?.code) return this.failed(this.words.refused);
    // Since the token was fetched, the pressure may have grown: the browser works for a new one, once, and nobody has to press again.
    if (answer.code === "pow_required" && answer.pow && answer.token && crypto.subtle && !worked) {
      this.token = Promise.resolve({ token: answer.token, bits: answer.pow.bits });
      return this.answered(await this.post(), true);
    }
    if (answer.code === "key_reused") this.draft.key = uuid();
    // What was used or is too old is asked for anew, so that sending again is enough.
    if (TOKEN_CODES.includes(answer.code) || answer.token) await (this.token = this.askToken().catch(() => undefined));
    if (answer.errors?.length) return this.refused(answer.errors);
    if (TOKEN_CODES.includes(answer.code)) return this.failed(this.words.sendAgain, false);
    this.failed(answer.detail ?? answer.title ?? this.words.refused);
  }

  /** The counter found faults: back to the form, in its words. */
  refused(errors) {
    this.panel.remove();
    this.form.toggleAttribute("hidden", false);
    const faults = errors.map(({ field, message }) => [this.fields.find(({ name }) => name === field), message]);
    faults.forEach(([field, message]) => field && this.mark(field, message));
    this.summarise(faults);
  }

  /** The answers stay; how else to reach somebody is said beside the button. */
  failed(message, contact = true) {
    this.result.className = "form-status wrong";
    const other = contact && this.form.querySelector(".form-contact");
    this.result.replaceChildren(this.said(element("p", "", message)), ...(other ? [...other.cloneNode(true).children] : []));
  }

  receipt({ reference, status }) {
    const link = this.said(element("a", "", this.words.status));
    link.href = status;
    const next = this.form.querySelector(".form-promise");
    const number = this.said(element("p", "", `${this.words.reference}: `, element("strong", "form-reference", reference)));
    this.show(this.words.received, this.said(element("p", "", this.words.receivedText)), number, element("p", "", "", link), ...(next ? [next.cloneNode(true)] : []));
    this.forget();
  }
}

/** Sets the forms of the page to work. A preview asks again for a form that it has made anew; the others are at work already. */
export async function start() {
  for (const form of document.querySelectorAll("form.request")) {
    const words = await Promise.all([said(form, "form_"), said(form, "fault_")]);
    inPlace(() => form.querySelector(".form-status") ?? new RequestForm(form, ...words));
  }
}
