"use strict";
// Opens, filters and sorts the table. The page can be read without: this is all that it does.
{
  const form = document.querySelector("search");
  const buttons = [...form.querySelectorAll("button")];
  const box = form.querySelector("input");
  const told = form.querySelector("output");
  const table = document.querySelector("table.scripts");
  const scripts = [...table.querySelectorAll("tbody.script")];
  const words = new Map();

  // The words of a script's name, tools and conversations; gathered once they are searched.
  const text = (script) => {
    if (!words.has(script)) {
      const said = [...script.querySelectorAll(".name, .text, .tool")].map((one) => one.textContent);
      words.set(script, said.join("\n").toLowerCase());
    }
    return words.get(script);
  };

  const show = (status, query) => {
    const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const script of scripts) {
      const fits = status === "all" || script.dataset.result === status;
      script.hidden = !(fits && wanted.every((word) => text(script).includes(word)));
      shown += !script.hidden;
    }
    for (const button of buttons) button.setAttribute("aria-pressed", button.value === status);
    told.textContent = shown === scripts.length ? "" : shown ? `${shown} of ${scripts.length} scripts` : "No script fits.";
  };

  const chosen = () => buttons.find((button) => button.getAttribute("aria-pressed") === "true").value;

  // What is chosen stands behind the "#" of the address, so that it can be linked.
  const choose = (status, query) => {
    show(status, query);
    const state = new URLSearchParams();
    if (status !== "all") state.set("status", status);
    if (query) state.set("q", query);
    history.replaceState(null, "", `${location.href.split("#")[0]}${state.size ? `#${state}` : ""}`);
  };

  const restore = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    const status = buttons.map((button) => button.value).find((value) => value === state.get("status"));
    box.value = state.get("q") ?? "";
    show(status ?? "all", box.value);
  };

  const sort = (heading) => {
    const flipped = { ascending: "descending", descending: "ascending" };
    const order = flipped[heading.getAttribute("aria-sort")] ?? heading.dataset.first;
    const sign = order === "ascending" ? 1 : -1;
    const key = (script) => script.rows[0].cells[heading.cellIndex].dataset.value;
    const compare = (one, other) => one - other || one.localeCompare(other, undefined, { numeric: true });
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", order);
    scripts.sort((one, other) => sign * compare(key(one), key(other)));
    table.append(...scripts);
  };

  const inner = (script) => script.querySelector("details");

  form.addEventListener("click", ({ target }) => {
    if (target.closest("button")) choose(target.closest("button").value, box.value);
  });
  box.addEventListener("input", () => choose(chosen(), box.value));
  addEventListener("hashchange", restore);
  table.tHead.addEventListener("click", ({ target }) => {
    if (target.closest("button")) sort(target.closest("th"));
  });
  table.addEventListener("click", ({ target }) => {
    const head = target.closest("tr.head, .why");
    if (head && getSelection().isCollapsed) inner(head.closest("tbody.script")).open ^= true;
  });
  table.addEventListener(
    "toggle",
    ({ target }) => {
      const script = target.closest("tbody.script");
      if (target === inner(script)) script.querySelector("button.name").setAttribute("aria-expanded", target.open);
    },
    true,
  );
  restore();
}
