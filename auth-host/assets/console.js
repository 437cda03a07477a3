// The console's script. Pages work without it: it asks before changes are lost, copies rows of tables, and posts the
// editor's form while one types, to take over what the server says about it.
"use strict";

// Before every other listener, and for parts of the page that come later, too.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm], [aria-disabled=true]");
  if (!button) return;
  if (button.ariaDisabled !== "true" && window.confirm(button.dataset.confirm)) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

// A form that is under way is not sent a second time; the server refuses that, too.
const posted = new Set();
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (posted.has(form)) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  posted.add(form);
  // The page is still here where the browser was told to stop.
  setTimeout(() => posted.delete(form), 15_000);
}, true);
window.addEventListener("pageshow", () => posted.clear());

// On a narrow screen the part that one is in may be out of sight, and rows of tables stand one below the other: each value
// gets the name of its column.
document.querySelector('.parts [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
for (const table of document.querySelectorAll(".wide table:not([data-rows])")) {
  const names = Array.from(table.querySelectorAll("thead > tr > *"), (cell) => cell.textContent.trim());
  for (const row of table.tBodies[0].rows) {
    for (const [nth, cell] of Array.from(row.cells).entries()) {
      if (nth > 0 && names[nth] && cell.textContent.trim()) cell.dataset.name = names[nth];
    }
  }
}

// A menu closes when one goes elsewhere.
for (const menu of document.querySelectorAll("details.switcher")) {
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(event.relatedTarget)) menu.open = false;
  });
}

const editor = document.getElementById("editor");
if (editor) edit(editor);

function edit(form) {
  let dirty = "dirty" in form.dataset;
  let timer = 0;
  let turn = 0;

  // Takes over the marked parts of the page that the server makes of the form.
  async function ask(action, source) {
    if (source && posted.has(form)) return;
    const mine = ++turn;
    const body = new URLSearchParams(new FormData(form));
    body.set("do", action);
    if (source) hold(source);
    try {
      const answer = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout(60_000) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== turn && !source) return;
      const parts = page.querySelectorAll("[data-live]");
      if (parts.length === 0) return tell(page.getElementById("fault")?.textContent, source);
      // Another language is another page, without what is shown once.
      if (!page.querySelector(".languages")) document.querySelector(".languages")?.remove();
      for (const part of parts) {
        const old = document.getElementById(part.id);
        // What a press of a button left stays: an answer to typing may come later, and is of before.
        const isPressed = part.id === "trial" || part.id === "once";
        if (!old || (isPressed && !source)) continue;
        // A new address is shown once; only a button of its own section replaces it.
        if (part.id === "reports" && !source?.value.startsWith("report")) continue;
        if (old.innerHTML !== part.innerHTML) old.replaceChildren(...part.cloneNode(true).childNodes);
        old.hidden = part.hidden;
        mark(part.id);
      }
    } catch {
      tell(undefined, source);
    } finally {
      if (source) release();
    }
  }

  // While an answer is awaited the form is not sent again: its buttons say so, and keep the focus.
  function hold(source) {
    posted.add(form);
    source.ariaBusy = "true";
    for (const button of form.querySelectorAll("button:not([data-add], [data-remove])")) button.ariaDisabled = "true";
    const line = document.createElement("p");
    line.textContent = form.dataset.wait;
    source.closest("section").querySelector("[data-live]").prepend(line);
  }

  function release() {
    posted.delete(form);
    for (const button of form.querySelectorAll("button")) button.ariaDisabled = button.ariaBusy = null;
  }

  // Says what is wrong, beside the button that was pressed. Without an answer nobody knows what the server did.
  function tell(text, source) {
    const problem = document.getElementById("problem");
    const place = source ? source.closest("section").querySelector("[data-live]") : problem;
    const line = source ? document.createElement("p") : problem;
    line.className = "alert bad";
    line.textContent = text ?? source?.dataset.lost ?? form.dataset.offline;
    line.hidden = false;
    if (source) place.replaceChildren(line);
    // What was found before is not known to hold for what the form says now.
    document.getElementById("summary").replaceChildren();
  }

  // A control with a finding says so to programs that read pages aloud.
  function mark(id) {
    const control = id.endsWith("-f") && document.getElementById(id.slice(0, -2));
    if (control && "value" in control) {
      const wrong = document.querySelector(`#${CSS.escape(id)} .error`) !== null;
      control.setAttribute("aria-invalid", String(wrong));
      if (wrong && !control.hasAttribute("aria-describedby")) control.setAttribute("aria-describedby", id);
    }
  }

  for (const part of form.querySelectorAll("p[data-live]")) mark(part.id);

  form.addEventListener("input", (event) => {
    // What a trial is made with is not saved.
    if (event.target.closest("#try")) return;
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(() => ask("validate"), 400);
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("fetch" in button.dataset) {
      event.preventDefault();
      ask(button.value, button);
    } else if ("add" in button.dataset) {
      event.preventDefault();
      addRow(button);
    } else if ("remove" in button.dataset) {
      event.preventDefault();
      const next = button.closest("fieldset").querySelector("[data-add]");
      button.closest("tr").remove();
      next.focus();
      form.dispatchEvent(new Event("input"));
    }
  });

  function addRow(button) {
    const list = button.closest("fieldset");
    const template = list.querySelector("template");
    const id = "n" + Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("");
    const row = template.content.firstElementChild.cloneNode(true);
    for (const element of row.querySelectorAll("*")) {
      for (const attribute of element.attributes) {
        if (attribute.value.includes("NEW-ROW")) attribute.value = attribute.value.replaceAll("NEW-ROW", id);
      }
      for (const name of ["id", "for", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replaceAll("NEW_2dROW", id));
      }
    }
    list.querySelector("tbody").append(row);
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    form.dispatchEvent(new Event("input"));
  }

  let leaving = false;
  form.addEventListener("submit", () => {
    leaving = true;
    setTimeout(() => (leaving = false), 3000);
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && !leaving) event.preventDefault();
  });
}
