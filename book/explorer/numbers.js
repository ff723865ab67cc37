// The numbers of what is shown, and how they are written.
//
// All were worked out by alutils.explorer. Only ranks are counted here, among what is shown.
"use strict";

Object.assign(window.alutils, (() => {
  const all = window.alutilsExplorer;
  const { COMPARE, LISTS, levels } = window.alutils;
  const UNIT = 1e-5; // numbers come in hundred thousandths

  const last = (list) => list[list.length - 1];
  const metricOf = (view) => all.metrics[view.metric];
  const labelsOf = (view) => all.settings[view.setting].labels;
  const numbersOf = (view, cell) => cell.metrics[view.metric];
  const gainsOf = (view, cell) => numbersOf(view, cell)[COMPARE[view.compare].name];
  const shownCells = (view) => view.show.map((level) => [levels(view)[level], view.cells.get(level)]);
  const scaleOf = (view) => UNIT * (metricOf(view).share ? 100 : 1);

  // -- ranks ------------------------------------------------------------------------------------

  /** Ranks among the cells given, 1 the best; equal ones share their mean rank. */
  function ranks(view, cells) {
    const orders = cells.map((cell) => gainsOf(view, cell).order);
    return orders.map((own) => {
      const before = orders.filter((other) => other < own).length;
      const equal = orders.filter((other) => other === own).length;
      return before + (equal + 1) / 2;
    });
  }

  /** Embedders, the worst first, under which all that is shown was run; with the ranks there.
   *
   * Where one was not measured on this dataset, they keep the order of the index: that of their means. */
  function ranksAlong(view) {
    const { name } = COMPARE[view.compare];
    const { quality } = all.datasets[view.dataset];
    const found = new Map();
    for (const cell of view.along) {
      if (!found.has(cell.embedder)) found.set(cell.embedder, new Map());
      found.get(cell.embedder).set(cell[name], cell);
    }
    const places = [...found]
      .filter(([, cells]) => view.show.every((level) => cells.has(level)))
      .map(([embedder, cells]) => ({
        embedder,
        quality: quality[embedder] ?? null,
        ranks: ranks(view, view.show.map((level) => cells.get(level))),
      }));
    const measured = places.every((place) => place.quality !== null);
    return places.sort((a, b) => (measured && a.quality - b.quality) || a.embedder - b.embedder);
  }

  // -- as text ----------------------------------------------------------------------------------

  const digits = (view, number) => (scaleOf(view) * number).toFixed(metricOf(view).share ? 1 : 3);

  /** A number without its unit, as in a table whose header has it. */
  const bare = (view) => (number) => digits(view, number).replace("-", "−");
  const value = (view) => (number) => bare(view)(number) + (metricOf(view).share ? " %" : "");
  const difference = (view) => (number) => (number < 0 ? "" : "+") + bare(view)(number);

  function intervalOf(write, mean, half) {
    return half === null ? "" : `(${write(mean - half)} to ${write(mean + half)})`;
  }

  const withInterval = (write, mean, half) => `${write(mean)} ${intervalOf(write, mean, half)}`.trim();
  const rankText = (rank) => (Number.isInteger(rank) ? String(rank) : rank.toFixed(1));

  function placeWords(view) {
    const head = view.options.head.length > 1 ? `, head ${all.heads[view.head].label}` : "";
    return `${all.datasets[view.dataset].label}, ${all.embedders[view.embedder].label}${head}`;
  }

  // -- as rows of a file ------------------------------------------------------------------------

  /** Rows of what is shown: of its areas (`kind` "summary"), or of every point of its "curves". */
  function csv(view, kind) {
    const number = (n) => (n === null ? "" : (n * UNIT).toFixed(5));
    const ends = (mean, half) => [mean, ...(half === null ? [null, null] : [mean - half, mean + half])].map(number);
    const { name, other } = COMPARE[view.compare];
    const sizes = all.settings[view.setting].sizes;
    const own = ranks(view, shownCells(view).map(([, cell]) => cell));
    const rows = [[
      "dataset", "embedder", "head", "initial_pool", "strategy", ...Object.keys(sizes), "seeds", "metric",
      kind === "curves" ? "n_labelled" : "rank", "mean", "low", "high", "difference", "difference_low", "difference_high",
    ]];
    shownCells(view).forEach(([each, cell], shown) => {
      const { mean, half } = numbersOf(view, cell);
      const gains = gainsOf(view, cell);
      const both = { [name]: each.name, [other]: all[LISTS[other]][view.fixed].name };
      const points = kind === "curves" ? labelsOf(view).map((n, i) => [n, i]) : [[own[shown], mean.length - 1]];
      for (const [label, i] of points) {
        rows.push([
          all.datasets[view.dataset].name, all.embedders[view.embedder].name, all.heads[view.head].name,
          both.initial_pool, both.strategy, ...Object.values(sizes).map((size) => size ?? ""), cell.seeds,
          kind === "curves" ? metricOf(view).name : `aulc of ${metricOf(view).name}`,
          label, ...ends(mean[i], half[i]), ...(gains.mean ? ends(gains.mean[i], gains.half[i]) : ["", "", ""]),
        ]);
      }
    });
    const quoted = (cell) => (/[",\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell));
    return rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  }

  return {
    last, metricOf, labelsOf, numbersOf, gainsOf, shownCells, scaleOf, ranks, ranksAlong,
    bare, value, difference, intervalOf, withInterval, rankText, placeWords, csv,
  };
})());
