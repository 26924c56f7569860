const frames = JSON.parse(document.getElementById("frames").textContent);
const slider = document.getElementById("slider");
function show() {
  const frame = frames[slider.valueAsNumber];
  document.getElementById("frame").src = frame.source;
  document.getElementById("frame").alt = `samples after epoch ${frame.epoch}`;
  document.getElementById("epoch").textContent = `epoch ${frame.epoch}`;
}
slider.addEventListener("input", show);
show(); // a browser may have kept the slider's place
