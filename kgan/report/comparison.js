const rows = JSON.parse(document.getElementById("frames").textContent);
const slider = document.getElementById("slider");
function show() {
  const row = rows[slider.valueAsNumber];
  document.getElementById("rounds").textContent = `${row.rounds.toLocaleString("en")} rounds`;
  document.querySelectorAll(".frame").forEach((image, i) => { image.src = row.cells[i].source ?? "data:,"; });
  document.querySelectorAll(".of").forEach((caption, i) => {
    caption.textContent = `after ${(row.cells[i].rounds ?? 0).toLocaleString("en")} rounds`;
  });
}
slider.addEventListener("input", show);
show(); // a browser may have kept the slider's place
