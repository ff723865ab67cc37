// What one clicks, and what follows: numbers are fetched, the view is shown, the address names it.
"use strict";

(() => {
  const all = window.alutilsExplorer;
  const {
    COMPARE, LISTS, OWN, named, levels, addressOf, wishesOf, resolve, csv, make, sentence, summary, points,
    markColour, figures,
  } = window.alutils;
  const LABELS = {
    dataset: "Dataset", compare: "Compare", setting: "Labels", head: "Head", embedder: "Embedder",
    fixed: "Initial pool", metric: "Metric",
  };
  const here = document.getElementById("explorer");
  const parts = {};
  let wishes = {};
  let view = null;

  // -- controls ---------------------------------------------------------------------------------

  function build() {
    parts.controls = make("div", { class: "explorer-controls" }, ...Object.keys(LABELS).map(control));
    parts.boxes = make("div", { class: "explorer-boxes" });
    parts.legend = make("legend");
    parts.status = make("p", { role: "status", class: "explorer-status" });
    parts.summary = make("div", { class: "explorer-table", tabindex: "0", role: "region", "aria-label": "Summary table" });
    parts.points = make("div", { class: "explorer-table", tabindex: "0", role: "region", "aria-label": "Table of the curves" });
    parts.link = make("a", { id: "explorer-link" }, "Link to this view");
    here.replaceChildren(
      parts.controls,
      make("fieldset", {}, parts.legend, parts.boxes, make("div", { class: "explorer-buttons" },
        button("All", () => tick(boxes())), button("Only Random", () => tick(boxes().filter((box) => box.value === "random"))))),
      parts.status,
      parts.shown = make("div", {},
        ...Object.keys(figures).map(figure),
        make("div", { class: "explorer-title" }, "In numbers"), parts.summary,
        make("details", { id: "explorer-details" }, make("summary", {}, "The curves as a table"), parts.points),
        make("p", { class: "explorer-buttons" },
          button("Download these rows (CSV)", () => download("summary")),
          button("Download the curves (CSV)", () => download("curves")), parts.link)),
    );
  }

  function control(field) {
    parts[field] = make("select", { id: `explorer-${field}` });
    parts[field].addEventListener("change", () => wish(field, parts[field].value));
    parts[`${field}Label`] = make("label", { for: `explorer-${field}` }, LABELS[field]);
    return make("div", {}, parts[`${field}Label`], parts[field]);
  }

  function button(text, act) {
    const made = make("button", { type: "button" }, text);
    made.addEventListener("click", () => view && act());
    return made;
  }

  function figure(name) {
    parts[name] = {
      title: make("div", { class: "explorer-title" }),
      plot: make("div", { class: "explorer-plot", id: `explorer-${name}`, role: "img" }),
      caption: make("figcaption"),
    };
    return make("figure", {}, ...Object.values(parts[name]));
  }

  function checkbox(level) {
    const { name, label } = levels(view)[level];
    const box = make("input", { type: "checkbox", value: name });
    box.addEventListener("change", () => tick(boxes().filter((each) => each.checked)));
    return make("label", {}, box, make("span", { class: "explorer-mark", "data-level": level }), label);
  }

  const boxes = () => [...parts.boxes.querySelectorAll("input")];

  // -- what someone wishes ----------------------------------------------------------------------

  function wish(field, name) {
    const { name: compared } = COMPARE[view.compare];
    wishes = OWN.includes(field)
      ? { ...wishes, [compared]: { ...wishes[compared], [field]: name } }
      : { ...wishes, [field]: name };
    load(() => {
      show(resolve(wishes));
      window.location.hash = addressOf(view);
    });
  }

  function tick(ticked) {
    const names = ticked.map((box) => box.value);
    // Who ticks something else than Random may still want what is not here, at the next place.
    wish("show", names.some((name) => name !== "random") ? [...names, ...view.absent] : names);
  }

  /** Show what the address names, and let it name what is shown: there may be no such place. */
  function restore() {
    const { hash } = window.location;
    if (view && hash === addressOf(view)) return;
    const title = hash !== "" && document.getElementById(hash.slice(1));
    if (view && title) return;
    const found = wishesOf(hash, wishes);
    if (view && !found && hash !== "") {
      window.location.replace(addressOf(view)); // it named nothing
      return;
    }
    wishes = found ?? {};
    load(() => {
      show(resolve(wishes));
      if (!title) window.location.replace(addressOf(view));
    });
  }

  /** Fetch the numbers of a dataset as a script, which a page opened from a disk may do. */
  function load(then) {
    const asked = all.datasets.find((each) => each.name === wishes.dataset) ?? all.datasets[0];
    if (all.files[asked.file]) {
      then();
      return;
    }
    const script = make("script", { src: new URL(`data-${asked.file}.js`, all.address).href });
    script.addEventListener("load", () => load(then)); // by now another one may be wished for
    script.addEventListener("error", () => {
      parts.status.textContent = `The numbers of ${asked.label} could not be read: is ${script.src} there?`;
    });
    document.head.append(script);
  }

  // -- what is shown ----------------------------------------------------------------------------

  function show(found) {
    view = found;
    showControls();
    parts.status.textContent = sentence(view);
    parts.shown.hidden = !view.show.length;
    draw();
    parts.summary.replaceChildren(summary(view));
    parts.points.replaceChildren(points(view));
  }

  function showControls() {
    const { other, fixed, label } = COMPARE[view.compare];
    const lists = { ...all, compares: COMPARE, fixeds: all[LISTS[other]] };
    for (const field of Object.keys(LABELS)) fill(field, lists[LISTS[field] ?? `${field}s`]);
    parts.head.parentElement.hidden = view.options.head.length < 2;
    parts.compare.parentElement.hidden = view.options.compare.length < 2;
    parts.fixedLabel.textContent = fixed;
    parts.legend.textContent = label[0].toUpperCase() + label.slice(1);
    const names = view.options.show.map((level) => levels(view)[level].name);
    // Only where they are others: who has just ticked one stays there.
    if (names.join() !== boxes().map((box) => box.value).join()) {
      parts.boxes.replaceChildren(...view.options.show.map(checkbox));
    }
    view.options.show.forEach((level, i) => {
      boxes()[i].checked = view.show.includes(level);
    });
    parts.link.href = addressOf(view);
  }

  function fill(field, list) {
    const options = view.options[field];
    const made = options.map((place) => make("option", { value: list[place].name }, list[place].label));
    const isAltered = (_, i) => list[options[i]].altered;
    const groups = new Map(); // altered forms of a dataset, which are in its file, below its name
    made.filter(isAltered).forEach((option) => {
      const { file } = list[named(list, option.value)];
      groups.set(file, [...(groups.get(file) ?? []), option]);
    });
    parts[field].replaceChildren(
      ...made.filter((_, i) => !isAltered(_, i)),
      ...[...groups].sort(([a], [b]) => a - b).map(([file, forms]) =>
        make("optgroup", { label: `${list.find((each) => each.file === file).label}, altered` }, ...forms)),
    );
    parts[field].value = list[view[field]].name;
  }

  function draw() {
    for (const mark of parts.boxes.querySelectorAll(".explorer-mark")) {
      mark.style.backgroundColor = markColour(levels(view)[mark.dataset.level]);
    }
    if (!view.show.length) return;
    for (const [name, drawn] of Object.entries(figures)) {
      parts[name].plot.hidden = false; // what is hidden has no width to draw in
      const { title, caption, alt } = drawn(view, parts[name].plot);
      parts[name].plot.hidden = !alt;
      parts[name].title.textContent = title;
      parts[name].caption.textContent = caption;
      parts[name].plot.setAttribute("aria-label", alt ?? caption);
    }
  }

  function download(kind) {
    const address = URL.createObjectURL(new Blob([csv(view, kind)], { type: "text/csv" }));
    const name = [all.datasets[view.dataset].name, all.embedders[view.embedder].name, all.metrics[view.metric].name, kind];
    make("a", { href: address, download: `${name.join("-").replace(/[^\w.()+-]+/g, "-")}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  // -- begin ------------------------------------------------------------------------------------

  if (!all) {
    here.textContent = "The list of what there is to show could not be read: is explorer/index.js there?";
    return;
  }
  all.address = document.querySelector("script[src$='explorer/index.js']").src;
  build();
  restore();
  window.addEventListener("hashchange", restore);
  window.addEventListener("resize", () => view && draw());
  new MutationObserver(() => view && draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
