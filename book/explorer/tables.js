// What is shown, as a sentence and as tables.
"use strict";

Object.assign(window.alutils, (() => {
  const all = window.alutilsExplorer;
  const {
    COMPARE, last, metricOf, labelsOf, numbersOf, gainsOf, shownCells, ranks, ranksAlong,
    bare, value, difference, intervalOf, withInterval, rankText, placeWords,
  } = window.alutils;

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, text] of Object.entries(attributes)) element.setAttribute(name, text);
    element.append(...children);
    return element;
  }

  /** Say what leads, and what was asked for and is not here. */
  function sentence(view) {
    const { label, share } = metricOf(view);
    const cells = shownCells(view);
    const instead = view.instead ? ", so that others are ticked" : "";
    const missing = view.missing.length ? `Not here: ${view.missing.join("; ")}${instead}. ` : "";
    if (!cells.length) return `${missing}Nothing is chosen: tick at least one box.`;
    const orders = cells.map(([, cell]) => gainsOf(view, cell).order);
    const leaders = cells.filter((_, i) => orders[i] === Math.min(...orders));
    const [, first] = leaders[0];
    const { mean, half } = numbersOf(view, first);
    const gains = gainsOf(view, first);
    const area = withInterval(value(view), last(mean), last(half));
    if (cells.length === 1) {
      return `${missing}${placeWords(view)}: the mean ${label} of ${leaders[0][0].label} along the curve is ${area}.`;
    }
    const ahead = !gains.mean || leaders.some(([each]) => each.name === "random") ? "" :
      `, ${withInterval(difference(view), last(gains.mean), last(gains.half))}${share ? " points" : ""} from Random`;
    return `${missing}${placeWords(view)}: of those shown, the best mean ${label} along the curve is that of ` +
      `${leaders.map(([each]) => each.label).join(" and ")}, ${area}${ahead}.`;
  }

  function table(caption, columns, rows) {
    const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)));
    const body = rows.map(([first, ...cells]) =>
      make("tr", {}, make("th", { scope: "row" }, first), ...cells.map((cell) => make("td", {}, ...[cell].flat()))));
    return make("table", {}, make("caption", {}, make("span", {}, caption)), make("thead", {}, head), make("tbody", {}, ...body));
  }

  /** A number and, on a line of its own, its interval: tables of eight columns are too wide else. */
  function numbers(write, mean, half) {
    return [`${write(mean)} `, make("span", { class: "explorer-interval" }, intervalOf(write, mean, half))];
  }

  /** Say how many seeds are behind cells. */
  function seedsOf(cells) {
    const counts = cells.map(([, cell]) => cell.seeds);
    const [low, high] = [Math.min(...counts), Math.max(...counts)];
    return low < high ? `${low} to ${high} seeds` : low === 1 ? "1 seed" : `${low} seeds`;
  }

  function captionOf(view, words) {
    const cells = shownCells(view);
    const { label, share, falling } = metricOf(view);
    return `${words}: ${label}${share ? " in %" : ""}${falling ? " (lower is better)" : ""}, mean and 95 % interval` +
      (cells.length ? ` over ${seedsOf(cells)}` : "");
  }

  /** The table of areas, differences from Random and ranks. */
  function summary(view) {
    const cells = shownCells(view);
    const own = ranks(view, cells.map(([, cell]) => cell));
    const along = ranksAlong(view);
    const { share } = metricOf(view);
    const rows = cells.map(([each, cell], i) => {
      const { mean, half } = numbersOf(view, cell);
      const gains = gainsOf(view, cell);
      const end = mean.length - 2;
      const over = along.reduce((sum, place) => sum + place.ranks[i], 0) / along.length;
      return [
        each.label,
        numbers(bare(view), mean[end], half[end]),
        numbers(bare(view), last(mean), last(half)),
        gains.mean ? numbers(difference(view), last(gains.mean), last(gains.half)) : "",
        gains.verdict ?? "",
        rankText(own[i]),
        along.length ? over.toFixed(1) : "",
      ];
    });
    return table(
      captionOf(view, `${placeWords(view)}, ${all.settings[view.setting].label}`),
      [
        COMPARE[view.compare].name === "strategy" ? "strategy" : "initial pool",
        `with ${last(labelsOf(view)).toLocaleString("en")} labels`, "area under the curve",
        `area minus Random${share ? ", points" : ""}`, "beside Random", "rank", `mean rank, ${along.length} embedders`,
      ],
      rows,
    );
  }

  /** The table of all points of the curves. */
  function points(view) {
    const cells = shownCells(view);
    return table(
      captionOf(view, "By number of labels"),
      ["labels", ...cells.map(([each]) => each.label)],
      labelsOf(view).map((n, i) => [
        n.toLocaleString("en"),
        ...cells.map(([, cell]) => numbers(bare(view), numbersOf(view, cell).mean[i], numbersOf(view, cell).half[i])),
      ]),
    );
  }

  return { make, sentence, summary, points };
})());
