"use strict";
for (const table of document.querySelectorAll("section:not(.files) > table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => head.firstElementChild.addEventListener("click", () => {
    const body = table.tBodies[0];
    const numbers = head.classList.contains("n");
    const turn = head.getAttribute("aria-sort") === (numbers ? "descending" : "ascending") ? -1 : 1;
    const down = numbers ? turn === 1 : turn === -1;
    const value = (row) => numbers ? Number(row.cells[at].dataset.n) : row.cells[at].textContent;
    const rows = [...body.rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      return (numbers ? a - b : a.localeCompare(b)) * (down ? -1 : 1);
    });
    heads.forEach((it) => it.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  }));
}
document.getElementById("find").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section:not(.files)")) {
    const name = section.querySelector("h2").textContent.toLowerCase();
    let any = false;
    for (const row of section.querySelector("table").tBodies[0].rows) {
      const text = name + " " + row.textContent.toLowerCase();
      row.hidden = !wanted.every((it) => text.includes(it));
      any ||= !row.hidden;
    }
    section.hidden = !any;
  }
});
