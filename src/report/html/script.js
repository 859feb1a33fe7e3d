"use strict";
// The page is whole without this: it adds sorting, filters, a choice of route and the reading of charts by pointer and keys.

for (const head of document.querySelectorAll("th[data-sort]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => sort(head));
}

function sort(head) {
  const table = head.closest("table");
  const key = Number(head.dataset.sort);
  // Numbers begin with the largest, which is where trouble is; names with the order of the scenario.
  const first = key === 0 ? "ascending" : "descending";
  const other = key === 0 ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  for (const each of table.querySelectorAll("th[aria-sort]")) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const value = (body) => Number.parseFloat(body.dataset.keys.split(" ")[key]);
  const sign = order === "ascending" ? 1 : -1;
  const compare = (a, b) => {
    const [left, right] = [value(a), value(b)];
    if (Number.isNaN(left) || Number.isNaN(right)) return Number.isNaN(left) - Number.isNaN(right);
    return sign * (left - right);
  };
  table.append(...[...table.tBodies].sort(compare));
}

const filters = document.getElementById("filters");
if (filters) {
  const rows = [...document.querySelectorAll("details.check")];
  const rest = document.querySelector("details.rest");
  const folded = rest && !rest.open;
  const fits = (row, wanted) => {
    if (wanted.family && row.dataset.family !== wanted.family) return false;
    return row.dataset.keys.split(";").some((key, stack) => {
      const [outcome, severity] = key.split("/");
      return (!wanted.stack || Number(wanted.stack) === stack)
        && (!wanted.outcome || outcome === wanted.outcome)
        && (!wanted.severity || severity === wanted.severity);
    });
  };
  filters.hidden = false;
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("change", () => {
    const wanted = Object.fromEntries(new FormData(filters));
    const any = Object.values(wanted).some(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !fits(row, wanted);
      if (!row.hidden) shown += 1;
    }
    if (rest) {
      rest.hidden = !rest.querySelector("details.check:not([hidden])");
      rest.open = any || !folded;
    }
    document.getElementById("none").hidden = shown > 0;
    filters.elements.count.value = any ? `${shown} of ${rows.length} checks` : "";
  });
}

const picker = document.getElementById("picker");
if (picker) {
  const each = document.querySelectorAll(".figures.each");
  const choice = picker.querySelector("select");
  const show = () => each.forEach((figures, at) => { figures.hidden = choice.value !== "" && Number(choice.value) !== at; });
  picker.hidden = false;
  choice.addEventListener("change", show);
  show();
}

for (const figure of document.querySelectorAll("figure.chart")) {
  const chart = figure.querySelector(":scope > svg");
  const legend = figure.querySelector(".legend");
  const bands = [...chart.querySelectorAll("rect.reading")];
  if (bands.length === 0) continue;
  const texts = bands.map((band) => {
    const title = band.querySelector("title");
    title.remove();
    return title.textContent.split("\n");
  });
  const values = [...legend.children].map((item) => item.appendChild(document.createElement("b")));
  const place = legend.appendChild(document.createElement("span"));
  place.className = "at";
  let at = -1;
  const read = (next) => {
    if (at >= 0) bands[at].classList.remove("on");
    at = next;
    if (at >= 0) bands[at].classList.add("on");
    const [where, ...lines] = at >= 0 ? texts[at] : [""];
    place.textContent = where && `at ${where}`;
    values.forEach((value, n) => {
      const line = lines[n] || "";
      value.textContent = line.slice(line.lastIndexOf(": ") + 1);
    });
  };
  bands.forEach((band, n) => band.addEventListener("pointerenter", () => read(n)));
  chart.addEventListener("pointerleave", () => read(-1));
  chart.tabIndex = 0;
  chart.addEventListener("focus", () => legend.setAttribute("aria-live", "polite"));
  chart.addEventListener("blur", () => {
    legend.removeAttribute("aria-live");
    read(-1);
  });
  chart.addEventListener("keydown", (event) => {
    const last = bands.length - 1;
    const next = {
      ArrowRight: Math.min(at + 1, last),
      ArrowLeft: Math.max(at - 1, 0),
      Home: 0,
      End: last,
      Escape: -1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    read(next);
  });
}
