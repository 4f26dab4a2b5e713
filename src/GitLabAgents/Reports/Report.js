"use strict";

(() => {
  const table = document.getElementById("agents");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const search = document.getElementById("search");
  const status = document.getElementById("status");
  const severity = document.getElementById("severity");
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const text = new Map(rows.map(row => [
    row,
    ["Agent", "Project", "Version"].map(label => row.querySelector(`[data-label="${label}"]`).textContent)
      .join("\n").toLowerCase(),
  ]));

  // What is not known comes last in both directions.
  function compare(a, b, isNumber, direction) {
    if (a === "" || b === "") {
      return (a === "") - (b === "");
    }

    return direction * (isNumber ? a - b : collator.compare(a, b));
  }

  function sort(header) {
    const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const isNumber = header.dataset.sort === "number";
    const value = row => row.cells[header.cellIndex].dataset.value ?? row.cells[header.cellIndex].textContent;
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
    }

    header.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    rows.sort((a, b) => compare(value(a), value(b), isNumber, direction));
    body.append(...rows);
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(word => word !== "");
    const severities = severity.value.split(" ");
    let shown = 0;
    for (const row of rows) {
      const isMatch = words.every(word => text.get(row).includes(word))
        && (status.value === "" || row.dataset.status === status.value)
        && (severity.value === "" || severities.includes(row.dataset.severity));
      row.hidden = !isMatch;
      shown += isMatch;
    }

    document.getElementById("shown").textContent = `${shown} of ${rows.length} ${rows.length === 1 ? "agent" : "agents"}`;
    document.getElementById("no-match").hidden = shown > 0 || rows.length === 0;
  }

  function reset() {
    search.value = status.value = severity.value = "";
    filter();
  }

  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header));
    header.append(button);
  }

  search.addEventListener("input", filter);
  status.addEventListener("change", filter);
  severity.addEventListener("change", filter);
  document.getElementById("reset").addEventListener("click", reset);
  document.getElementById("filters").hidden = rows.length === 0;
  filter();

  // A finding leads to its agent even if a filter hides it.
  document.addEventListener("click", event => {
    if (event.target.closest('a[href^="#agent-"]')) {
      reset();
    }
  });

  // Everything is printed, and afterwards closed again.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach(details => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach(details => { details.open = false; }));
})();
