// Choose a place of the study and see its curves, differences from Random, ranks and numbers.
//
// All numbers were worked out by alutils.explorer. What is done here with them is to choose, to
// draw, and to count ranks among the strategies that are shown.
"use strict";

(() => {
  const UNIT = 1e-5; // numbers come in hundred thousandths
  const FIELDS = ["dataset", "compare", "setting", "head", "embedder", "fixed", "metric"];
  const LISTS = {
    dataset: "datasets", setting: "settings", head: "heads", embedder: "embedders",
    strategy: "strategies", initial_pool: "initial_pools", metric: "metrics",
  };
  const COMPARE = [
    { name: "strategy", label: "query strategies", other: "initial_pool", fixed: "Initial pool" },
    { name: "initial_pool", label: "initial pools", other: "strategy", fixed: "Query strategy" },
  ];
  const WIDE = 560; // from this width on, lines bear their names; below, a legend does
  const all = window.alutilsExplorer;
  const here = document.getElementById("explorer");
  const parts = {};

  // -- small tools ------------------------------------------------------------------------------

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const share = () => all.metrics[state.metric].share;
  const minus = (text) => text.replace("-", "−");

  function value(number) {
    return share() ? `${(100 * UNIT * number).toFixed(1)} %` : (UNIT * number).toFixed(3);
  }

  function difference(number) {
    const text = share() ? (100 * UNIT * number).toFixed(1) : (UNIT * number).toFixed(3);
    return minus(number < 0 ? text : `+${text}`);
  }

  function withInterval(write, mean, half) {
    if (mean === undefined) return "";
    return half === null ? write(mean) : `${write(mean)} (${write(mean - half)} to ${write(mean + half)})`;
  }

  // -- what is chosen ---------------------------------------------------------------------------

  let state = null; // places in the lists of `all`; `show` is a list of them

  /** Choices of an address: {dataset: "trec6", show: "random,margin", ...}; null if it has none. */
  function choicesOf(fragment) {
    const found = Object.fromEntries(new URLSearchParams(fragment.replace(/^#/, "")));
    return "dataset" in found ? found : null;
  }

  function addressOf(chosen) {
    const { other } = COMPARE[chosen.compare];
    return "#" + new URLSearchParams({
      dataset: all.datasets[chosen.dataset].name,
      compare: COMPARE[chosen.compare].name,
      setting: all.settings[chosen.setting].name,
      head: all.heads[chosen.head].name,
      embedder: all.embedders[chosen.embedder].name,
      fixed: all[LISTS[other]][chosen.fixed].name,
      metric: all.metrics[chosen.metric].name,
      show: chosen.show.map((level) => levels(chosen)[level].name).join(","),
    });
  }

  const levels = (chosen) => all[LISTS[COMPARE[chosen.compare].name]];

  /** Find a state that exists, as near to what is wanted as can be. */
  function resolve(wanted) {
    const chosen = { options: {} };
    const missing = [];
    const named = (list, name) => list.findIndex((each) => each.name === name);
    const pick = (field, list, options, start = -1) => {
      const asked = named(list, wanted[field]);
      if (wanted[field] !== undefined && !options.includes(asked)) missing.push(wanted[field]);
      chosen.options[field] = options;
      chosen[field] = [asked, start, options[0]].find((each) => options.includes(each));
    };
    const different = (field, cells) =>
      [...new Set(cells.map((cell) => cell[field]))].sort((a, b) => a - b);

    pick("dataset", all.datasets, all.datasets.map((_, place) => place));
    let cells = all.files[all.datasets[chosen.dataset].file].filter((c) => c.dataset === chosen.dataset);
    pick("compare", COMPARE, [0, 1].filter((which) => comparable(cells, which).length));
    chosen.compare ??= 0;
    const { name, other } = COMPARE[chosen.compare];
    const pairs = comparable(cells, chosen.compare);
    if (pairs.length) cells = pairs;
    for (const field of ["setting", "head", "embedder", "fixed"]) {
      const key = field === "fixed" ? other : field;
      const start = field === "embedder" ? named(all.embedders, all.start.embedder) : -1;
      pick(field, all[LISTS[key]], different(key, cells), start);
      if (field === "embedder") chosen.along = cells; // the same place under every embedder
      cells = cells.filter((cell) => cell[key] === chosen[field]);
    }
    chosen.along = chosen.along.filter((cell) => cell[other] === chosen.fixed);
    pick("metric", all.metrics, all.metrics.map((_, place) => place));
    chosen.cells = new Map(cells.map((cell) => [cell[name], cell]));
    chosen.options.show = different(name, cells);
    const list = levels(chosen);
    const asked = (wanted.show ?? all.start.show.join(",")).split(",").filter(Boolean);
    chosen.show = chosen.options.show.filter((level) => asked.includes(list[level].name));
    if (wanted.show !== undefined) {
      missing.push(...asked.filter((each) => !chosen.show.includes(named(list, each))));
    }
    if (!chosen.show.length && wanted.show !== "") chosen.show = chosen.options.show.slice(0, 5);
    chosen.missing = missing;
    return chosen;
  }

  /** Cells that have another one to be compared with, equal in all but one field. */
  function comparable(cells, which) {
    const rest = ["setting", "head", "embedder", COMPARE[which].other];
    const place = (cell) => rest.map((field) => cell[field]).join();
    const counts = new Map();
    for (const cell of cells) counts.set(place(cell), (counts.get(place(cell)) ?? 0) + 1);
    return cells.filter((cell) => counts.get(place(cell)) > 1);
  }

  // -- controls ---------------------------------------------------------------------------------

  function build() {
    const controls = make("div", { class: "explorer-controls" });
    const words = {
      dataset: "Dataset", compare: "Compare", setting: "Labels", head: "Head",
      embedder: "Embedder", fixed: "Initial pool", metric: "Metric",
    };
    for (const field of FIELDS) {
      parts[field] = make("select", { id: `explorer-${field}` });
      parts[field].addEventListener("change", choose);
      parts[`${field}Label`] = make("label", { for: `explorer-${field}` }, words[field]);
      controls.append(make("div", {}, parts[`${field}Label`], parts[field]));
    }
    parts.boxes = make("div", { class: "explorer-boxes" });
    parts.legend = make("legend", {}, "Shown");
    const button = (text, act) => {
      const made = make("button", { type: "button" }, text);
      made.addEventListener("click", act);
      return made;
    };
    const tick = (on) => () => {
      for (const box of parts.boxes.querySelectorAll("input")) box.checked = on(box.value);
      choose();
    };
    const fieldset = make("fieldset", {}, parts.legend, parts.boxes, make("div", { class: "explorer-buttons" },
      button("All", tick(() => true)), button("Only Random", tick((name) => name === "random"))));
    parts.status = make("p", { role: "status", class: "explorer-status" });
    parts.link = make("a", { id: "explorer-link" }, "Link to this view");
    const figure = (name, title) => {
      parts[name] = make("div", { class: "explorer-plot", id: `explorer-${name}`, role: "img" });
      parts[`${name}Caption`] = make("figcaption", {});
      return make("figure", {}, make("div", { class: "explorer-title" }, title), parts[name], parts[`${name}Caption`]);
    };
    parts.summary = make("div", { class: "explorer-table", tabindex: "0", role: "region", "aria-label": "Summary table" });
    parts.points = make("div", { class: "explorer-table", tabindex: "0", role: "region", "aria-label": "Table of the curves" });
    parts.curvesTitle = make("span");
    parts.gainsTitle = make("span");
    parts.ranksTitle = make("span");
    here.replaceChildren(
      controls, fieldset, parts.status,
      figure("curves", parts.curvesTitle), figure("gains", parts.gainsTitle), figure("ranks", parts.ranksTitle),
      make("div", { class: "explorer-title" }, "In numbers"), parts.summary,
      make("details", { id: "explorer-details" }, make("summary", {}, "The curves as a table"), parts.points),
      make("p", { class: "explorer-buttons" },
        button("Download these rows (CSV)", () => download("summary")),
        button("Download the curves (CSV)", () => download("curves")), parts.link),
    );
  }

  function option(each, place) {
    return make("option", { value: each.name }, each.label);
  }

  function fill(field, list) {
    const options = state.options[field];
    const made = options.map((place) => option(list[place]));
    if (field !== "dataset") parts[field].replaceChildren(...made);
    else parts[field].replaceChildren(...grouped(options, made));
    parts[field].selectedIndex = options.indexOf(state[field]);
    parts[field].disabled = false;
  }

  /** Altered datasets in a group of their own. */
  function grouped(options, made) {
    const plain = made.filter((_, i) => !all.datasets[options[i]].altered);
    const altered = made.filter((_, i) => all.datasets[options[i]].altered);
    return altered.length ? [...plain, make("optgroup", { label: "altered" }, ...altered)] : plain;
  }

  function showControls() {
    const { other, fixed, label } = COMPARE[state.compare];
    const lists = { ...all, compares: COMPARE, fixeds: all[LISTS[other]] };
    for (const field of FIELDS) fill(field, lists[LISTS[field] ?? `${field}s`]);
    parts.head.parentElement.hidden = state.options.head.length < 2;
    parts.compare.parentElement.hidden = state.options.compare.length < 2;
    parts.fixedLabel.textContent = fixed;
    parts.legend.textContent = label[0].toUpperCase() + label.slice(1);
    const names = state.options.show.map((level) => levels(state)[level].name);
    const have = [...parts.boxes.querySelectorAll("input")].map((box) => box.value);
    // Only where they are others: who has just ticked one stays there.
    if (names.join() !== have.join()) {
      parts.boxes.replaceChildren(...state.options.show.map(checkbox));
    }
    state.options.show.forEach((level, i) => {
      parts.boxes.querySelectorAll("input")[i].checked = state.show.includes(level);
    });
    parts.link.href = addressOf(state);
  }

  function checkbox(level) {
    const { name, label } = levels(state)[level];
    const box = make("input", { type: "checkbox", value: name });
    box.addEventListener("change", choose);
    return make("label", {}, box, make("span", { class: "explorer-mark", "data-level": level }), label);
  }

  /** Someone has chosen: the address says what, and everything else follows from the address. */
  function choose() {
    const wanted = Object.fromEntries(FIELDS.map((field) => [field, parts[field].value]));
    // What is fixed for one comparison is no choice for the other.
    if (wanted.compare !== COMPARE[state.compare].name) delete wanted.fixed;
    const boxes = [...parts.boxes.querySelectorAll("input")];
    wanted.show = boxes.filter((box) => box.checked).map((box) => box.value).join(",");
    load(wanted, () => {
      const address = addressOf(resolve(wanted));
      if (address === window.location.hash) showControls();
      else window.location.hash = address;
    });
  }

  // -- loading ----------------------------------------------------------------------------------

  /** Fetch the numbers of a dataset as a script, which a page opened from a disk may do. */
  function load(wanted, then) {
    const asked = all.datasets.find((each) => each.name === wanted.dataset) ?? all.datasets[0];
    if (all.files[asked.file]) {
      then();
      return;
    }
    const script = make("script", { src: new URL(`data-${asked.file}.js`, all.address).href });
    script.addEventListener("load", then);
    script.addEventListener("error", () => {
      parts.status.textContent = `The numbers of ${asked.label} could not be read: is ${script.src} there?`;
    });
    document.head.append(script);
  }

  function restore() {
    const wanted = choicesOf(window.location.hash);
    if (wanted === null && state !== null && window.location.hash !== "") return; // a title's address
    load(wanted ?? {}, () => {
      state = resolve(wanted ?? {});
      show();
    });
  }

  function show() {
    showControls();
    const colours = theme();
    for (const mark of parts.boxes.querySelectorAll(".explorer-mark")) {
      mark.style.backgroundColor = readable(levels(state)[mark.dataset.level].colour, colours, 3);
    }
    say();
    drawCurves(colours);
    drawGains(colours);
    drawRanks(colours);
    showSummary();
    showPoints();
  }

  // -- numbers of what is shown -----------------------------------------------------------------

  const numbersOf = (cell) => cell.metrics[state.metric];
  const gainsOf = (cell) => numbersOf(cell)[COMPARE[state.compare].name];
  const last = (list) => list[list.length - 1];
  const labelsOf = () => all.settings[state.setting].labels;
  const shownCells = () => state.show.map((level) => [levels(state)[level], state.cells.get(level)]);

  /** Ranks among the cells given, 1 the best; ties share their mean rank. */
  function ranks(cells) {
    const orders = cells.map((cell) => gainsOf(cell).order);
    return orders.map((own) => {
      const before = orders.filter((other) => other < own).length;
      const tied = orders.filter((other) => other === own).length;
      return before + (tied + 1) / 2;
    });
  }

  /** Embedders, the worst first, under which all that is shown was run; with the ranks there. */
  function ranksAlong() {
    const { name } = COMPARE[state.compare];
    const { quality } = all.datasets[state.dataset];
    const found = new Map();
    for (const cell of state.along) {
      if (!found.has(cell.embedder)) found.set(cell.embedder, new Map());
      found.get(cell.embedder).set(cell[name], cell);
    }
    return [...found]
      .filter(([, cells]) => state.show.every((level) => cells.has(level)))
      .map(([embedder, cells]) => ({
        embedder,
        quality: quality[embedder] ?? null,
        ranks: ranks(state.show.map((level) => cells.get(level))),
      }))
      .sort((a, b) => a.quality - b.quality || a.embedder - b.embedder);
  }

  const rankText = (rank) => (Number.isInteger(rank) ? String(rank) : rank.toFixed(1));

  // -- words ------------------------------------------------------------------------------------

  function placeWords() {
    const head = state.options.head.length > 1 ? `, head ${all.heads[state.head].label}` : "";
    return `${all.datasets[state.dataset].label}, ${all.embedders[state.embedder].label}${head}`;
  }

  function say() {
    const metric = all.metrics[state.metric];
    const missing = state.missing.length ? `Not here: ${state.missing.join(", ")}. ` : "";
    const cells = shownCells();
    if (!cells.length) {
      parts.status.textContent = `${missing}Nothing is chosen: tick at least one box.`;
      return;
    }
    const best = Math.min(...cells.map(([, cell]) => gainsOf(cell).order));
    const leaders = cells.filter(([, cell]) => gainsOf(cell).order === best);
    const [, first] = leaders[0];
    const gains = gainsOf(first);
    const ahead = !gains.mean || leaders.some(([each]) => each.name === "random") ? "" :
      `, ${withInterval(difference, last(gains.mean), last(gains.half))}${share() ? " points" : ""} from Random`;
    parts.status.textContent = `${missing}${placeWords()}: the best mean ${metric.label} along the curve ` +
      `is that of ${leaders.map(([each]) => each.label).join(" and ")}, ` +
      `${withInterval(value, last(numbersOf(first).mean), last(numbersOf(first).half))}${ahead}.`;
  }

  function table(caption, columns, rows) {
    const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)));
    const body = rows.map(([first, ...cells]) =>
      make("tr", {}, make("th", { scope: "row" }, first), ...cells.map((text) => make("td", {}, text))));
    return make("table", { class: "table" }, make("caption", {}, caption), make("thead", {}, head), make("tbody", {}, ...body));
  }

  function showSummary() {
    const metric = all.metrics[state.metric];
    const cells = shownCells();
    const own = ranks(cells.map(([, cell]) => cell));
    const along = ranksAlong();
    const labels = last(labelsOf()).toLocaleString("en");
    const rows = cells.map(([each, cell], i) => {
      const { mean, half } = numbersOf(cell);
      const gains = gainsOf(cell);
      const end = mean.length - 2;
      const over = along.reduce((sum, place) => sum + place.ranks[i], 0) / along.length;
      return [
        each.label,
        withInterval(value, mean[end], half[end]),
        withInterval(value, last(mean), last(half)),
        gains.mean ? withInterval(difference, last(gains.mean), last(gains.half)) : "",
        gains.verdict ?? "",
        rankText(own[i]),
        along.length ? over.toFixed(1) : "",
        String(cell.seeds),
      ];
    });
    parts.summary.replaceChildren(table(
      `${placeWords()}, ${all.settings[state.setting].label}: ${metric.label}${metric.falling ? " (lower is better)" : ""}, ` +
      "mean and 95 % interval over seeds",
      [
        COMPARE[state.compare].name === "strategy" ? "strategy" : "initial pool",
        `with ${labels} labels`, "area under the curve", `area minus Random${share() ? ", points" : ""}`,
        "beside Random", "rank", `mean rank, ${along.length} embedders`, "seeds",
      ],
      rows,
    ));
  }

  function showPoints() {
    const cells = shownCells();
    parts.points.replaceChildren(table(
      `${all.metrics[state.metric].label} by number of labels, mean and 95 % interval over seeds`,
      ["labels", ...cells.map(([each]) => each.label)],
      labelsOf().map((n, i) => [
        n.toLocaleString("en"),
        ...cells.map(([, cell]) => withInterval(value, numbersOf(cell).mean[i], numbersOf(cell).half[i])),
      ]),
    ));
  }

  // -- download ---------------------------------------------------------------------------------

  function csv(kind) {
    const number = (n) => (n === undefined || n === null ? "" : (n * UNIT).toFixed(5));
    const ends = (mean, half) => [number(mean), half === null ? "" : number(mean - half), half === null ? "" : number(mean + half)];
    const { name, other } = COMPARE[state.compare];
    const sizes = all.settings[state.setting].sizes;
    const own = ranks(shownCells().map(([, cell]) => cell));
    const rows = [[
      "dataset", "embedder", "head", "initial_pool", "strategy", ...Object.keys(sizes), "seeds", "metric",
      kind === "curves" ? "n_labelled" : "rank", "mean", "low", "high", "difference", "difference_low", "difference_high",
    ]];
    shownCells().forEach(([each, cell], shown) => {
      const { mean, half } = numbersOf(cell);
      const gains = gainsOf(cell);
      const fixed = { [name]: each.name, [other]: all[LISTS[other]][state.fixed].name };
      const points = kind === "curves" ? labelsOf().map((n, i) => [n, i]) : [[own[shown], mean.length - 1]];
      for (const [label, i] of points) {
        rows.push([
          all.datasets[state.dataset].name, all.embedders[state.embedder].name, all.heads[state.head].name,
          fixed.initial_pool, fixed.strategy, ...Object.values(sizes).map((size) => size ?? ""), cell.seeds,
          kind === "curves" ? all.metrics[state.metric].name : `aulc of ${all.metrics[state.metric].name}`,
          label, ...ends(mean[i], half[i]), ...(gains.mean ? ends(gains.mean[i], gains.half[i]) : ["", "", ""]),
        ]);
      }
    });
    const quoted = (cell) => (/[",\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell));
    return rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  }

  function download(kind) {
    const address = URL.createObjectURL(new Blob([csv(kind)], { type: "text/csv" }));
    const name = [all.datasets[state.dataset].name, all.embedders[state.embedder].name, all.metrics[state.metric].name, kind];
    make("a", { href: address, download: `${name.join("-").replace(/[^\w.()+-]+/g, "-")}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  // -- colours ----------------------------------------------------------------------------------

  function theme() {
    const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const dark = document.documentElement.dataset.theme === "dark";
    return {
      text: of("--pst-color-text-base") || (dark ? "#eeeeee" : "#222222"),
      back: of("--pst-color-background") || (dark ? "#14181e" : "#ffffff"),
      grid: dark ? "#3a4048" : "#e6e6e6",
      dark,
    };
  }

  const channels = (colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));

  function luminance(rgb) {
    const [r, g, b] = rgb.map((c) => (c <= 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  /** Move a colour towards black or white until it stands out from the page as much as asked. */
  function readable(colour, { dark }, contrast) {
    const back = dark ? luminance([20, 24, 30]) : 1;
    let rgb = channels(colour);
    for (let step = 0; step < 20; step += 1) {
      const own = luminance(rgb);
      if ((Math.max(own, back) + 0.05) / (Math.min(own, back) + 0.05) >= contrast) break;
      rgb = rgb.map((c) => c + ((dark ? 255 : 0) - c) * 0.1);
    }
    return `#${rgb.map((c) => Math.round(c).toString(16).padStart(2, "0")).join("")}`;
  }

  function faint(colour) {
    return `rgba(${channels(colour).join()},0.16)`;
  }

  // -- figures ----------------------------------------------------------------------------------

  const isWide = () => here.clientWidth >= WIDE;

  function layout(colours, more) {
    const axis = { gridcolor: colours.grid, zeroline: false, linecolor: colours.grid, automargin: true, fixedrange: true };
    const { xaxis, yaxis, ...rest } = more;
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colours.text, size: 13, family: getComputedStyle(here).fontFamily },
      margin: { l: 52, r: isWide() ? 110 : 12, t: 10, b: 44 },
      height: 340, showlegend: !isWide(), legend: { orientation: "h", y: -0.25, itemclick: false, itemdoubleclick: false },
      hovermode: "x unified", hoverlabel: { bgcolor: colours.back, font: { color: colours.text } },
      xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis }, ...rest,
    };
  }

  function line(each, colours, x, y, text) {
    const colour = readable(each.colour, colours, 3);
    return {
      x, y, name: each.label, mode: "lines+markers", line: { color: colour, width: 2 },
      marker: { symbol: each.symbol, size: 7, color: colour }, text, hovertemplate: "%{text}",
    };
  }

  function band(each, colours, x, low, high) {
    return {
      x: [...x, ...[...x].reverse()], y: [...high, ...[...low].reverse()], fill: "toself", mode: "lines",
      line: { width: 0 }, fillcolor: faint(readable(each.colour, colours, 3)), hoverinfo: "skip", showlegend: false,
    };
  }

  /** Names at the ends of lines, pushed apart where they would lie on each other. */
  function endNames(ends, colours, [bottom, top], height, x) {
    if (!isWide()) return [];
    const least = (16 / height) * Math.abs(top - bottom);
    const sorted = ends.slice().sort((a, b) => a.y - b.y).map((end) => ({ ...end, at: end.y }));
    sorted.forEach((end, i) => {
      if (i) end.at = Math.max(end.at, sorted[i - 1].at + least);
    });
    const over = Math.max(0, (sorted.at(-1)?.at ?? 0) - Math.max(top, bottom));
    return sorted.map(({ each, at }) => ({
      x, y: at - over, xref: "x", yref: "y", text: each.label, showarrow: false, xanchor: "left", xshift: 9,
      font: { color: readable(each.colour, colours, 4.5), size: 13 },
    }));
  }

  function range(numbers) {
    const low = Math.min(...numbers), high = Math.max(...numbers);
    const room = 0.04 * (high - low || 1);
    return [low - room, high + room];
  }

  /** Draw lines with bands over the number of labels. */
  function drawLines(name, colours, lists, write, axisTitle, alt, zero) {
    const x = labelsOf();
    const scale = UNIT * (share() ? 100 : 1);
    const traces = [], lines = [], ends = [], numbers = zero ? [0] : [];
    for (const { each, mean, half } of lists) {
      const curve = (end) => x.map((_, i) => scale * (mean[i] + end * (half[i] ?? 0)));
      numbers.push(...curve(-1), ...curve(1));
      if (half[0] !== null) traces.push(band(each, colours, x, curve(-1), curve(1)));
      lines.push(line(each, colours, x, curve(0), x.map((_, i) => withInterval(write, mean[i], half[i]))));
      ends.push({ each, y: last(curve(0)) });
    }
    const reach = numbers.length ? range(numbers) : [0, 1];
    const shape = { type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line: { color: colours.text, width: 1 } };
    Plotly.react(parts[name], [...traces, ...lines], layout(colours, {
      xaxis: { title: { text: "labels" }, range: range(x), tickformat: "," },
      yaxis: { title: { text: axisTitle }, range: reach },
      annotations: endNames(ends, colours, reach, 285, last(x)), shapes: zero ? [shape] : [],
    }), { displayModeBar: false, responsive: true });
    parts[name].setAttribute("aria-label", alt);
  }

  function drawCurves(colours) {
    const metric = all.metrics[state.metric];
    const lists = shownCells().map(([each, cell]) => ({ each, ...numbersOf(cell) }));
    const title = `${metric.label[0].toUpperCase()}${metric.label.slice(1)} over labels`;
    parts.curvesTitle.textContent = title;
    drawLines("curves", colours, lists, value, share() ? `${metric.label}, %` : metric.label,
      `${title} on ${placeWords()}, a line with its 95 % interval for each of ${lists.map((l) => l.each.label).join(", ")}. The numbers are in the tables below.`);
    parts.curvesCaption.textContent = "Bands are 95 % intervals over seeds.";
  }

  function drawGains(colours) {
    const metric = all.metrics[state.metric];
    const lists = shownCells().filter(([, cell]) => gainsOf(cell).mean).map(([each, cell]) => ({ each, ...gainsOf(cell) }));
    const title = `Difference from Random${metric.falling ? " (below zero is better)" : ""}`;
    parts.gainsTitle.textContent = title;
    drawLines("gains", colours, lists, difference, share() ? `${metric.label}, points` : metric.label,
      `${title} on ${placeWords()}, paired by seed, a line with its 95 % interval for each of ${lists.map((l) => l.each.label).join(", ")}. The numbers are in the tables below.`, true);
    const without = shownCells().filter(([each, cell]) => each.name !== "random" && !gainsOf(cell).mean).map(([each]) => each.label);
    parts.gainsCaption.textContent = `Seed by seed, with the same first texts${COMPARE[state.compare].name === "strategy" ? "" : " or others"}. ` +
      (without.length ? `No Random was run beside ${without.join(", ")}.` : "The line at zero is Random.");
  }

  function drawRanks(colours) {
    const along = ranksAlong();
    const names = along.map((place) => all.embedders[place.embedder].label);
    const words = (place) => `${all.embedders[place.embedder].label}` +
      (place.quality === null ? "" : `, probe accuracy ${(100 * UNIT * place.quality).toFixed(1)} %`);
    const traces = shownCells().map(([each], i) => line(each, colours, names,
      along.map((place) => place.ranks[i]), along.map((place) => `rank ${rankText(place.ranks[i])} (${words(place)})`)));
    const many = state.show.length;
    const reach = [many + 0.5, 0.5];
    const height = Math.max(300, 90 + 26 * many) + (isWide() ? 60 : 110);
    const ends = along.length ? shownCells().map(([each], i) => ({ each, y: last(along).ranks[i] })) : [];
    Plotly.react(parts.ranks, traces, layout(colours, {
      height,
      margin: { l: 52, r: isWide() ? 110 : 12, t: 10, b: 110 },
      legend: { orientation: "h", y: -0.6, itemclick: false, itemdoubleclick: false },
      xaxis: { type: "category", tickangle: -45 }, hovermode: "closest",
      yaxis: { title: { text: "rank" }, range: reach, dtick: many > 12 ? 2 : 1, tick0: 1 },
      annotations: endNames(ends, colours, [reach[1], reach[0]], height - 150, names.at(-1)),
    }), { displayModeBar: false, responsive: true });
    const title = "Rank by area under the curve, under every embedder";
    parts.ranksTitle.textContent = title;
    parts.ranks.setAttribute("aria-label", `${title}, embedders from the worst to the best: ` +
      along.map((place) => `${all.embedders[place.embedder].label}: ${shownCells().map(([each], i) => `${each.label} ${rankText(place.ranks[i])}`).join(", ")}`).join("; "));
    parts.ranksCaption.textContent = along.length
      ? "1 is the best of those shown. Embedders are ordered by probe accuracy on the pool of this dataset, the worst first; only those under which all that is shown was run."
      : "Under no embedder was all that is shown run.";
  }

  // -- begin ------------------------------------------------------------------------------------

  if (!here || !all) return;
  all.address = document.querySelector("script[src$='explorer/index.js']").src;
  build();
  restore();
  window.addEventListener("hashchange", restore);
  window.addEventListener("resize", () => state && show());
  new MutationObserver(() => state && show()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
