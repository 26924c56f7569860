"use strict";
const at = (id) => document.getElementById(id);
const NUM = 24, STEPS = 9, LAST = 2 ** 31 - 1;
const view = {seed: 0, truncation: 1, label: "", chosen: []};
let about, asked = 0, walk = [], waiting;

function read() {
  const told = new URLSearchParams(location.search), whole = (text) => /^\d{1,10}$/.test(text ?? "");
  if (whole(told.get("seed"))) view.seed = Math.min(Number(told.get("seed")), LAST);
  const psi = Number(told.get("truncation") ?? 1);
  if (psi >= 0 && psi <= 1) view.truncation = psi;
  if (whole(told.get("label")) && Number(told.get("label")) < about.classes) view.label = told.get("label");
  view.chosen = ["from", "to"].map((name) => told.get(name)).filter(whole).map(Number);
}

function query(more) {
  const told = new URLSearchParams(more);
  if (about.truncates) told.set("truncation", view.truncation);
  if (view.label !== "") told.set("label", view.label);
  return told;
}

// The address is the view: it can be kept, sent and opened again.
function remember() {
  const told = query({seed: view.seed});
  ["from", "to"].forEach((name, i) => i in view.chosen && told.set(name, view.chosen[i]));
  history.replaceState(null, "", "?" + told);
  at("download").href = "/grid.png?" + query({seed: view.seed, num: NUM});
}

function tell(text) {
  at("message").textContent = text;
  at("message").hidden = !text;
}

async function ask(path, settings) {
  const response = await fetch(path, settings);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

async function draw() {
  const mine = ++asked;
  at("seed").value = view.seed;
  at("truncation").value = view.truncation;
  at("psi").value = Number(view.truncation).toFixed(2);
  at("label").value = view.label;
  remember();
  at("grid").setAttribute("aria-busy", "true");
  try {
    const {seeds, images} = await ask("/samples?" + query({seed: view.seed, num: NUM}));
    if (mine !== asked) return;  // another view was asked for meanwhile
    const focused = [...at("grid").children].indexOf(document.activeElement);
    at("grid").replaceChildren(...seeds.map((seed, i) => tile(seed, images[i])));
    if (focused >= 0) at("grid").children[focused].focus();
    tell("");
    await between(mine);
  } catch (error) {
    if (mine === asked) tell(error.message);
  } finally {
    if (mine === asked) at("grid").setAttribute("aria-busy", "false");
  }
}

// While a slider moves: not for each of its places.
function soon() {
  at("psi").value = Number(view.truncation).toFixed(2);
  clearTimeout(waiting);
  waiting = setTimeout(draw, 120);
}

function tile(seed, source) {
  const button = document.createElement("button"), image = new Image(), name = document.createElement("span");
  Object.assign(button, {type: "button", className: "tile"});
  button.setAttribute("role", "option");
  button.setAttribute("aria-selected", String(view.chosen.includes(seed)));
  button.setAttribute("aria-label", `Seed ${seed}`);
  button.dataset.seed = seed;
  Object.assign(image, {src: source, alt: "", className: about.width > 128 ? "fine" : ""});
  name.textContent = seed;
  button.append(image, name);
  button.addEventListener("click", () => choose(seed));
  return button;
}

function choose(seed) {
  const known = view.chosen.includes(seed);
  view.chosen = known ? view.chosen.filter((other) => other !== seed) : [...view.chosen, seed].slice(-2);
  chosen();
}

function chosen() {
  for (const button of at("grid").children)
    button.setAttribute("aria-selected", String(view.chosen.includes(Number(button.dataset.seed))));
  remember();
  between(asked).catch((error) => tell(error.message));
}

async function between(mine) {
  const [from, to] = view.chosen;
  if (to === undefined) {
    at("way").hidden = true;
    return;
  }
  const {images} = await ask("/between?" + query({from, to, num: STEPS}));
  if (mine !== asked || from !== view.chosen[0] || to !== view.chosen[1]) return;
  walk = images;
  at("ends").textContent = `From seed ${from} to seed ${to}`;
  at("strip").replaceChildren(...images.map((source, i) => {
    const image = Object.assign(new Image(), {src: source, alt: `Step ${i + 1} of ${STEPS}`});
    image.addEventListener("click", () => { at("position").value = i; step(); });
    return image;
  }));
  at("way").hidden = false;
  step();
}

function step() {
  const i = Number(at("position").value);
  at("step").src = walk[i];
  at("step").alt = `Step ${i + 1} of ${STEPS}`;
  at("place").value = (i / (STEPS - 1)).toFixed(2);
  [...at("strip").children].forEach((image, j) => image.classList.toggle("here", i === j));
}

function go(seed) {
  view.seed = ((seed % (LAST + 1)) + LAST + 1) % (LAST + 1);
  draw();
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const tiles = [...at("grid").children], here = tiles.indexOf(document.activeElement);
  const columns = tiles.filter((other) => other.offsetTop === tiles[0].offsetTop).length;
  const moves = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns};
  if (here >= 0 && event.key in moves) {
    tiles[Math.min(Math.max(here + moves[event.key], 0), tiles.length - 1)].focus();
    event.preventDefault();
  } else if (event.key === "Escape") {
    view.chosen = [];
    chosen();
  } else if (!["INPUT", "SELECT"].includes(document.activeElement.tagName)) {
    const act = {n: "next", p: "previous", r: "shuffle"}[event.key];
    if (act) at(act).click();
  }
}

function drawing() {
  at("hint").textContent = "Choose two samples to see the way between them. Keys: n and p for the next and previous, "
    + "r at random, arrows and Enter among the samples.";
  for (let i = 0; i < about.classes; i++) at("label").append(new Option(i, i));
  at("classing").hidden = !about.classes;
  at("truncating").hidden = !about.truncates;
  at("controls").hidden = at("drawing").hidden = false;
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  at("seed").addEventListener("change", () => at("seed").checkValidity() ? go(Number(at("seed").value)) : draw());
  at("previous").addEventListener("click", () => go(view.seed - NUM));
  at("next").addEventListener("click", () => go(view.seed + NUM));
  at("shuffle").addEventListener("click", () => go(Math.floor(Math.random() * LAST)));
  at("truncation").addEventListener("input", () => { view.truncation = Number(at("truncation").value); soon(); });
  at("label").addEventListener("change", () => { view.label = at("label").value; draw(); });
  at("position").addEventListener("input", step);
  at("clear").addEventListener("click", () => { view.chosen = []; chosen(); });
  at("link").addEventListener("click", async () => {
    const before = at("link").textContent;
    try {
      await navigator.clipboard.writeText(location.href);
      at("link").textContent = "Copied";
    } catch {
      at("link").textContent = "See the address bar";
    }
    setTimeout(() => { at("link").textContent = before; }, 1500);
  });
  document.addEventListener("keydown", keys);
  read();
  draw();
}

function translating() {
  at("hint").textContent = `A picture is turned upright and cut to ${about.width} x ${about.height}; it stays on this machine.`;
  at("translating").hidden = false;
  const drop = at("drop");
  at("file").addEventListener("change", () => at("file").files[0] && translate(at("file").files[0]));
  for (const name of ["dragover", "dragleave", "drop"])
    document.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files[0]) translate(event.dataTransfer.files[0]);
    });
}

async function translate(file) {
  try {
    const {source, result} = await ask("/translate", {method: "POST", body: file});
    at("source").src = source;
    at("result").src = at("keep").href = result;
    at("keep").hidden = false;
    tell("");
  } catch (error) {
    tell(error.message);
  }
}

ask("/about").then((answer) => {
  about = answer;
  document.title = at("title").textContent = about.title;
  about.translates ? translating() : drawing();
}).catch((error) => tell(error.message));
