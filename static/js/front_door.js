// What htmx and the browser cannot do for themselves. Every page works without this file.
//
// The server speaks through data attributes; each part below names the ones it reads.
(() => {
  "use strict";
  document.documentElement.classList.add("js");
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const clock = () =>
    new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const post = (url, body, more = {}) =>
    fetch(url, { method: "POST", body, headers: { Accept: "application/json" }, ...more });

  // Focus: [data-focus] is the error summary or the panel that says what was done.
  function focusFirst() {
    document.querySelector(".govuk-error-summary[data-focus], [data-focus]")?.focus();
  }

  // Menu on a phone: [data-menu] opens and closes the list, the search and signing out.
  function menu(root) {
    for (const button of all("[data-menu]", root)) {
      button.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") !== "true";
        button.setAttribute("aria-expanded", String(open));
        document.getElementById("frame").classList.toggle("fd-frame--open", open);
      });
    }
    for (const more of all("[data-menu-more]", root)) {
      document.addEventListener("click", (event) => {
        if (!more.contains(event.target)) more.open = false;
      });
      more.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !more.open) return;
        more.open = false;
        more.querySelector("summary").focus();
      });
    }
    if (matchMedia("(max-width: 63.99em)").matches) {
      const folds = all("details.fd-filter[open], details.fd-fold[open]", root);
      for (const fold of folds) fold.open = false;
    }
  }

  // Questions that follow from an answer: [data-revealed-by="id of the radio or tick box"].
  function reveals(root) {
    const update = () => {
      for (const part of all("[data-revealed-by]")) {
        const control = document.getElementById(part.dataset.revealedBy);
        const wrong = part.querySelector(".govuk-form-group--error");
        part.hidden = Boolean(control) && !control.checked && !wrong;
      }
    };
    for (const part of all("[data-revealed-by]", root)) {
      const control = document.getElementById(part.dataset.revealedBy);
      for (const one of all("input", control?.form || root)) {
        if (one.name === control?.name) one.addEventListener("change", update);
      }
    }
    update();
  }

  // Long text: the box grows, and near its limit [data-limit] it says how much is left.
  function longText(root) {
    for (const box of all("textarea", root)) {
      const limit = Number(box.dataset.limit || 0);
      const counter = document.createElement("p");
      counter.className = "fd-counter";
      counter.setAttribute("role", "status");
      const look = () => {
        if (!CSS.supports("field-sizing", "content") && box.scrollHeight > box.clientHeight) {
          box.style.height = `${Math.min(box.scrollHeight + 4, 640)}px`;
        }
        const left = limit - [...box.value].length;
        const near = limit > 0 && left < limit / 10;
        counter.textContent = !near
          ? ""
          : left < 0
            ? `${(-left).toLocaleString("en-GB")} characters too many`
            : `${left.toLocaleString("en-GB")} characters left`;
        counter.classList.toggle("fd-counter--over", left < 0);
        if (near && !counter.isConnected) box.after(counter);
      };
      box.addEventListener("input", look);
      look();
    }
  }

  // Rows of a formset: [data-add-row] in [data-rows="prefix"] adds one from its template.
  function rows(root) {
    for (const button of all("[data-add-row]", root)) {
      button.addEventListener("click", (event) => {
        const set = button.closest("[data-rows]");
        const total = document.getElementById(`id_${set.dataset.rows}-TOTAL_FORMS`);
        const blank = set.querySelector("template");
        if (!total || !blank) return;
        event.preventDefault();
        const place = button.closest("p");
        const html = blank.innerHTML
          .replaceAll("__prefix__", total.value)
          .replaceAll("__number__", String(Number(total.value) + 1));
        place.insertAdjacentHTML("beforebegin", html);
        total.value = String(Number(total.value) + 1);
        const row = place.previousElementSibling;
        start(row);
        row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
      });
    }
  }

  // Sending twice: a form goes once; its button keeps its name and value, and comes back with the
  // page, or after 10 seconds when the answer was a download.
  function sendOnce(root) {
    const forms = all("form[method=post]", root);
    if (root.matches?.("form[method=post]")) forms.push(root);
    for (const form of forms) {
      form.addEventListener("submit", (event) => {
        if (form.dataset.sent) return event.preventDefault();
        setTimeout(() => {
          if (event.defaultPrevented) return;
          form.dataset.sent = "yes";
          for (const button of all("button", form)) button.setAttribute("aria-disabled", "true");
          setTimeout(() => free(form), 10_000);
        });
      });
    }
  }
  function free(form) {
    delete form.dataset.sent;
    for (const button of all("button", form)) button.removeAttribute("aria-disabled");
  }

  // Unsent words on this computer, encrypted with the key in <body data-draft-key>; dropped once
  // the server has them, on signing out, and after a day.
  const drafts = {
    key: null,
    ready: null,
    async open() {
      const given = document.body.dataset.draftKey;
      if (!given || !crypto.subtle) return;
      const raw = Uint8Array.from(atob(given), (c) => c.charCodeAt(0));
      this.key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, [
        "encrypt",
        "decrypt",
      ]);
      for (const name of this.names()) {
        const { at, sent } = JSON.parse(localStorage.getItem(name));
        const here = saved(document).some((form) => this.name(form) === name);
        if (Date.now() - at > 864e5 || (sent && !here)) localStorage.removeItem(name);
      }
    },
    names: () => Object.keys(localStorage).filter((name) => name.startsWith("draft:")),
    name: (form) => `draft:${savesTo(form)}`,
    async keep(form, words) {
      if (!this.key) return;
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const plain = new TextEncoder().encode(words.toString());
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, plain);
      const text = (bytes) => {
        let out = "";
        for (const byte of new Uint8Array(bytes)) out += String.fromCharCode(byte);
        return btoa(out);
      };
      try {
        const entry = { at: Date.now(), iv: text(iv), data: text(sealed) };
        localStorage.setItem(this.name(form), JSON.stringify(entry));
      } catch {
        // The store is full; the words stay in the page and go to the server as before.
      }
    },
    async read(form) {
      const entry = JSON.parse(localStorage.getItem(this.name(form)) || "null");
      if (!entry || !this.key) return null;
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      try {
        const algorithm = { name: "AES-GCM", iv: bytes(entry.iv) };
        const plain = await crypto.subtle.decrypt(algorithm, this.key, bytes(entry.data));
        return { at: entry.at, words: new URLSearchParams(new TextDecoder().decode(plain)) };
      } catch {
        return null; // somebody else's words
      }
    },
    markSent(form) {
      const entry = JSON.parse(localStorage.getItem(this.name(form)) || "null");
      const marked = JSON.stringify({ ...entry, sent: true });
      if (entry) localStorage.setItem(this.name(form), marked);
    },
    drop(form) {
      localStorage.removeItem(this.name(form));
    },
    dropAll() {
      for (const name of this.names()) localStorage.removeItem(name);
    },
  };

  // Autosave: <form data-autosave="url"> with a hidden field "version", or a form that holds
  // <input type="hidden" name="draft_version" data-autosave="url">; where it should be read,
  // <p data-save-state>. The answer is {saved_at, version}, or 409 {clash, url}. Where each box has
  // a version of its own, a hidden field "version-<box>", it is {saved_at, fields: {hidden field:
  // value}, clashes: [{words, url}]}; data-autosave-leaving tells the server of leaving, too.
  const saved = (root) =>
    all("[data-autosave]", root).map((part) => part.form || part);
  const versionOf = (form) => form.elements.draft_version || form.elements.version;
  const savesTo = (form) =>
    form.dataset.autosave || form.elements.draft_version.dataset.autosave;
  const PAUSE = 2000;
  const AT_LEAST = 10_000;
  const savers = new Map();
  function autosave(form) {
    const url = savesTo(form);
    const line = form.querySelector("[data-save-state]") || form.insertBefore(
      Object.assign(document.createElement("p"), { className: "fd-save-state" }),
      form.firstChild,
    );
    line.textContent ||= "What you type here is kept as you type";
    line.removeAttribute("role"); // not every save is read aloud, only "told" below
    const told = Object.assign(document.createElement("span"), { className: "fd-reader-only" });
    told.setAttribute("role", "status");
    form.append(told);
    let dirty = false, busy = false, stopped = false, bad = false, timer = 0;
    let since = 0, last = line.dataset.savedAt || clock();
    const words = () => {
      const pairs = [...new FormData(form)].filter(([, value]) => typeof value === "string");
      return new URLSearchParams(pairs);
    };
    const say = (text, isBad, link = "") => {
      line.textContent = text;
      line.classList.toggle("fd-save-state--bad", isBad);
      if (link) {
        const anchor = Object.assign(document.createElement("a"), { href: link });
        anchor.textContent = "See both";
        line.append(" ", anchor);
      }
      if (isBad !== bad) told.textContent = text;
      bad = isBad;
    };
    async function save() {
      clearTimeout(timer);
      if (!dirty || stopped) return true;
      if (session.ended) return false; // kept here; the server takes it after signing in
      if (busy) {
        timer = setTimeout(save, PAUSE);
        return false;
      }
      busy = true;
      dirty = false;
      since = 0;
      if (!bad) say("Saving", false);
      try {
        const answer = await post(url, words());
        const isJson = (answer.headers.get("Content-Type") || "").includes("json");
        const got = isJson ? await answer.json() : {};
        if (answer.status === 409) {
          stopped = true;
          say(got.clash || "Somebody else has changed this. Yours is kept.", true, got.url);
        } else if (answer.ok && isJson) {
          const version = versionOf(form);
          if (got.version !== undefined && version) version.value = got.version;
          for (const [name, value] of Object.entries(got.fields || {})) {
            if (form.elements[name]) form.elements[name].value = value;
          }
          last = got.saved_at || clock();
          const [clash] = got.clashes || [];
          if (clash) say(clash.words, true, clash.url);
          else say(`Saved ${last}`, false);
          if (!dirty) drafts.drop(form);
          session.touch();
        } else {
          throw new Error(String(answer.status));
        }
      } catch {
        dirty = true;
        const kept = drafts.key
          ? " Your words are kept on this computer; we are trying again"
          : " We are trying again; keep this page open";
        say(`Not saved since ${last.slice(0, 5)}.${kept}`, true);
        timer = setTimeout(save, AT_LEAST);
      }
      busy = false;
      return !dirty;
    }
    const changed = () => {
      if (stopped) return;
      dirty = true;
      since ||= Date.now();
      drafts.keep(form, words());
      clearTimeout(timer);
      timer = setTimeout(save, Math.max(0, Math.min(PAUSE, since + AT_LEAST - Date.now())));
    };
    form.addEventListener("input", changed);
    form.addEventListener("change", save);
    form.addEventListener("submit", () => {
      clearTimeout(timer);
      stopped = true;
      drafts.markSent(form);
    });
    addEventListener("pagehide", () => {
      const leaves = form.dataset.autosaveLeaving !== undefined;
      const to = leaves ? `${url}${url.includes("?") ? "&" : "?"}leaving=1` : url;
      if ((dirty || leaves) && !stopped && navigator.sendBeacon(to, words())) dirty = false;
    });
    addEventListener("pageshow", (event) => {
      if (event.persisted) stopped = false;
    });
    savers.set(form, save);
    drafts.ready.then(() => drafts.read(form)).then((kept) => {
      if (!kept) return;
      const controls = all("input, select, textarea", form);
      const hasOwn = controls.some((control) => control.name.startsWith("version-"));
      const hidden = new Set(controls.filter((c) => c.type === "hidden").map((c) => c.name));
      const version = versionOf(form)?.name || "version";
      const left = new Set([version, "csrfmiddlewaretoken", ...(hasOwn ? hidden : [])]);
      const names = [...new Set(kept.words.keys())].filter((name) => !left.has(name));
      const ownVersion = (name) => (hasOwn ? `version-${name}` : version);
      const fits = (name) =>
        (kept.words.get(ownVersion(name)) || "") === (form.elements[ownVersion(name)]?.value || "");
      const put = (chosen) => {
        for (const name of chosen) {
          const values = kept.words.getAll(name);
          for (const control of controls) {
            if (control.name !== name || control.type === "file") continue;
            if (["radio", "checkbox"].includes(control.type)) {
              control.checked = values.includes(control.value);
            } else control.value = values.shift() ?? "";
            control.dispatchEvent(new Event("input", { bubbles: true }));
          }
        }
        const at = new Date(kept.at).toLocaleTimeString("en-GB").slice(0, 5);
        say(`We kept what you had written at ${at}`, false);
      };
      const plain = (values) => values.join("\n").replaceAll("\r\n", "\n").trim();
      const differs = (name) => plain(words().getAll(name)) !== plain(kept.words.getAll(name));
      const fitting = names.filter((name) => fits(name) && (!hasOwn || differs(name)));
      const older = names.filter((name) => !fits(name) && (!hasOwn || differs(name)));
      if (fitting.length) put(fitting);
      if (!older.length) return;
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        className: "fd-link-button",
        textContent: "Put back what you had written here before",
      });
      button.addEventListener("click", () => {
        button.remove();
        put(older);
      });
      line.after(button);
    });
  }

  // Time-out: <body data-idle-seconds data-warn-seconds data-keep-alive-url data-sign-in-url>.
  // Working in the page keeps the session; the warning is part of the page, never over it.
  const session = {
    idle: 0,
    ended: false,
    touch() {
      if (this.idle) localStorage.setItem("last-heard", String(Date.now()));
    },
    async keep() {
      try {
        const answer = await fetch(document.body.dataset.keepAliveUrl, {
          headers: { Accept: "application/json" },
          redirect: "error",
        });
        if (answer.ok) this.touch();
        return answer.ok;
      } catch {
        return false;
      }
    },
    watch() {
      const { idleSeconds, warnSeconds, keepAliveUrl, signInUrl } = document.body.dataset;
      this.idle = Number(idleSeconds || 0) * 1000;
      if (!this.idle || !keepAliveUrl) return;
      this.touch();
      const warn = Number(warnSeconds || 120) * 1000;
      const quiet = Math.min(this.idle / 4, 120_000);
      const part = document.createElement("div");
      part.className = "fd-timeout";
      part.setAttribute("role", "region");
      part.setAttribute("aria-label", "Signing out");
      part.innerHTML = '<div class="fd-width"><p><span role="alert"></span></p></div>';
      const words = part.querySelector("[role=alert]");
      const stay = Object.assign(document.createElement("button"), {
        type: "button",
        className: "govuk-button govuk-button--secondary",
        textContent: "Stay signed in",
      });
      let checked = 0;
      stay.addEventListener("click", async () => {
        if (await session.keep()) part.remove();
      });
      const heard = () => Number(localStorage.getItem("last-heard") || 0);
      const active = () => {
        if (session.ended || part.isConnected || Date.now() - heard() < quiet) return;
        if (Date.now() - checked > 5000) {
          checked = Date.now();
          session.keep();
        }
      };
      addEventListener("keydown", active);
      addEventListener("pointerdown", active);
      setInterval(() => {
        const left = heard() + this.idle - Date.now();
        if (left > warn) {
          if (!session.ended) part.remove();
        } else if (left > 0 && !part.isConnected) {
          const at = new Date(Date.now() + left).toLocaleTimeString("en-GB").slice(0, 5);
          document.body.append(part);
          words.parentElement.append(stay);
          words.textContent = `You will be signed out at ${at}, because nothing has happened here for a while. What you have written will be kept.`;
        } else if (left < 5000 && !session.ended) {
          for (const save of savers.values()) save();
          session.ended = left <= 0;
          if (!session.ended) return;
          if (!part.isConnected) document.body.append(part);
          stay.remove();
          const here = encodeURIComponent(location.pathname + location.search);
          const link = Object.assign(document.createElement("a"), {
            href: `${signInUrl || "/"}?next=${here}`,
            textContent: "Sign in again",
          });
          words.textContent = "You have been signed out. What you had written is kept. ";
          words.after(link);
        }
      }, 1000);
    },
  };

  // Live lists: <div data-refresh-url data-refresh-seconds> holding [data-refresh-words],
  // [data-refresh-link] and [data-refresh-state]. The answer is {as_at, new, words, link, href,
  // urgent, clocks: {id: "2h 8m left"}, rows: {id: {gone, claimed, next}}}. Rows never move: the
  // line, the minutes and the words of a row that changed elsewhere are all that does.
  function freshen(id, got) {
    const row = document.querySelector(`[data-row="${CSS.escape(id)}"]`);
    if (!row) return;
    row.classList.toggle("fd-row--gone", Boolean(got.gone));
    for (const cell of all("[data-live]", row)) {
      const said = got[cell.dataset.live];
      if (!said || cell.dataset.said === said.words) continue;
      if (cell.contains(document.activeElement)) continue; // the next look says it
      const who = cell.querySelector(".fd-reader-only");
      cell.dataset.said = said.words;
      cell.style.boxSizing = "border-box";
      cell.style.minHeight = `${cell.offsetHeight}px`; // what stands below stays where it is
      cell.replaceChildren(said.url ? act(said) : said.words);
      if (who && said.url) cell.firstChild.append(who);
    }
  }

  function act({ words, url, then }) {
    if (!then) return Object.assign(document.createElement("a"), { href: url, textContent: words });
    const button = Object.assign(document.createElement("button"), {
      className: "fd-link-button",
      name: "next",
      value: then,
      textContent: words,
    });
    button.setAttribute("form", "claim");
    button.setAttribute("formaction", url);
    return button;
  }

  function refresh(part) {
    const find = (name) => part.querySelector(`[data-refresh-${name}]`);
    const seconds = Math.max(15, Number(part.dataset.refreshSeconds || 60));
    let shown = Number(part.dataset.refreshNew || 0), spoken = 0, asAt = part.dataset.refreshAsAt;
    const state = (text) => {
      const line = find("state");
      if (line && line.textContent !== text) line.textContent = text;
    };
    async function look() {
      if (document.hidden) return state(`List as at ${asAt}`);
      try {
        const answer = await fetch(part.dataset.refreshUrl, {
          headers: { Accept: "application/json" },
          redirect: "error",
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const got = await answer.json();
        asAt = got.as_at || asAt;
        state("");
        for (const [id, words] of Object.entries(got.clocks || {})) {
          const text = document.querySelector(`[data-clock="${CSS.escape(id)}"]`);
          if (text && text.textContent !== words) text.textContent = words;
        }
        for (const [id, row] of Object.entries(got.rows || {})) freshen(id, row);
        const due = Date.now() - spoken >= 60_000 || got.urgent;
        if ((got.new || 0) === shown || !due) return;
        shown = got.new || 0;
        spoken = Date.now();
        part.hidden = shown === 0;
        find("words").textContent = got.urgent ? `${got.urgent}. ${got.words}` : got.words;
        const link = find("link");
        if (link) {
          link.textContent = got.link || "";
          if (got.href) link.href = got.href;
        }
      } catch {
        part.hidden = false;
        state(`This list may be out of date. We have not been able to refresh it since ${asAt}`);
      }
    }
    setInterval(look, seconds * 1000);
    document.addEventListener("visibilitychange", look);
  }

  // Everything of one part of the page; called again for what htmx puts in.
  function start(root) {
    menu(root);
    reveals(root);
    longText(root);
    rows(root);
    sendOnce(root);
    for (const form of saved(root)) autosave(form);
    for (const part of all("[data-refresh-url]", root)) refresh(part);
    for (const form of all("form[data-sign-out]", root)) {
      form.addEventListener("submit", () => drafts.dropAll());
    }
    for (const button of all("[data-print]", root)) {
      button.hidden = false;
      button.addEventListener("click", () => print());
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    focusFirst();
    session.watch();
    // A browser without this cipher has the server's drafts alone.
    drafts.ready = drafts.open().catch(() => {
      drafts.key = null;
    });
    start(document);
    document.body.addEventListener("htmx:afterSettle", (event) => {
      const part = event.detail.elt;
      start(part);
      if (document.activeElement !== document.body) return;
      const heading = part.querySelector("h1, h2, h3");
      if (!heading) return;
      heading.tabIndex = -1;
      heading.focus();
    });
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-sent]").forEach(free);
  });
})();
