// What can be chosen: from what was asked for to the nearest view that exists, and its address.
//
// Wishes are what someone asked for, by name; for each comparison, its own `setting`, `fixed` and
// `show`. They are kept when a place does not have them, and so come back with the next place that
// does. A view is what is shown: places in the lists of the index, and the cells found there.
"use strict";

window.alutils = (() => {
  const all = window.alutilsExplorer;
  const FIELDS = ["dataset", "compare", "head", "embedder", "metric"];
  const OWN = ["setting", "fixed", "show"]; // wished for one comparison, which is no wish for the other
  const LISTS = {
    dataset: "datasets", setting: "settings", head: "heads", embedder: "embedders",
    strategy: "strategies", initial_pool: "initial_pools", metric: "metrics",
  };
  const COMPARE = [
    { name: "strategy", label: "query strategies", other: "initial_pool", fixed: "Initial pool" },
    { name: "initial_pool", label: "initial pools", other: "strategy", fixed: "Query strategy" },
  ];
  const AT_FIRST = 5; // so many are shown where nothing that is usually shown was run

  const named = (list, name) => list.findIndex((each) => each.name === name);
  /** What is compared in a view: strategies, or initial pools. */
  const levels = (view) => all[LISTS[COMPARE[view.compare].name]];

  function addressOf(view) {
    const { name, other } = COMPARE[view.compare];
    const asked = new URLSearchParams({
      dataset: all.datasets[view.dataset].name,
      compare: name,
      setting: all.settings[view.setting].name,
      head: all.heads[view.head].name,
      embedder: all.embedders[view.embedder].name,
      fixed: all[LISTS[other]][view.fixed].name,
      metric: all.metrics[view.metric].name,
      show: view.show.map((level) => levels(view)[level].name).join(","),
    });
    return `#${String(asked).replaceAll("%2C", ",")}`; // to be read by people, too
  }

  /** Wishes of an address, beside those for the other comparison; null if it has none. */
  function wishesOf(address, before) {
    const given = Object.fromEntries(new URLSearchParams(address.slice(1)));
    const asked = (fields) => Object.fromEntries(fields.filter((field) => field in given).map((field) => [field, given[field]]));
    const own = asked(OWN);
    if (!Object.keys({ ...asked(FIELDS), ...own }).length) return null;
    if ("show" in own) own.show = own.show.split(",").filter(Boolean);
    const { name, other } = COMPARE.find((each) => each.name === given.compare) ?? COMPARE[0];
    return { ...asked(FIELDS), [other]: before[other], [name]: own };
  }

  /** Find the view that is nearest to what is wished for. */
  function resolve(wishes) {
    const view = { options: {}, missing: [], instead: false };
    const pick = (field, list, options, wish, start = -1) => {
      const asked = named(list, wish);
      if (wish !== undefined && !options.includes(asked)) view.missing.push(list[asked]?.label ?? wish);
      view.options[field] = options;
      view[field] = [asked, start, options[0]].find((each) => options.includes(each));
    };
    const different = (field, cells) =>
      [...new Set(cells.map((cell) => cell[field]))].sort((a, b) => a - b);

    pick("dataset", all.datasets, all.datasets.map((_, place) => place), wishes.dataset);
    let cells = all.files[all.datasets[view.dataset].file].filter((c) => c.dataset === view.dataset);
    pick("compare", COMPARE, [0, 1].filter((which) => comparable(cells, which).length), wishes.compare);
    view.compare ??= 0;
    const { name, other } = COMPARE[view.compare];
    const pairs = comparable(cells, view.compare);
    if (pairs.length) cells = pairs;
    for (const field of ["setting", "head", "embedder", "fixed"]) {
      const key = field === "fixed" ? other : field;
      const wish = OWN.includes(field) ? wishes[name]?.[field] : wishes[field];
      const start = field === "embedder" ? named(all.embedders, all.start.embedder) : -1;
      pick(field, all[LISTS[key]], different(key, cells), wish, start);
      if (field === "embedder") view.along = cells; // the same place under every embedder
      cells = cells.filter((cell) => cell[key] === view[field]);
    }
    view.along = view.along.filter((cell) => cell[other] === view.fixed);
    pick("metric", all.metrics, all.metrics.map((_, place) => place), wishes.metric);
    view.cells = new Map(cells.map((cell) => [cell[name], cell]));
    view.options.show = different(name, cells);
    tick(view, wishes[name]?.show);
    return view;
  }

  /** Decide what a view shows: of what was asked for, all that was run; what is usual, without. */
  function tick(view, asked) {
    const list = levels(view);
    const among = (names) => view.options.show.filter((level) => names.includes(list[level].name));
    const onlyRandom = (show) => show.every((level) => list[level].name === "random");
    const usual = all.start.show.filter((name) => named(list, name) >= 0);
    const wanted = asked ?? usual;
    view.show = among(wanted);
    view.absent = wanted.filter((name) => !view.show.includes(named(list, name)));
    view.missing.push(...view.absent.map((name) => list[named(list, name)]?.label ?? name));
    if (onlyRandom(view.show) && (view.absent.length || !asked)) {
      view.instead = view.absent.length > 0;
      view.show = onlyRandom(among(usual)) ? view.options.show.slice(0, AT_FIRST) : among(usual);
    }
  }

  /** Cells that have another one to be compared with, equal in all but one field. */
  function comparable(cells, which) {
    const rest = ["setting", "head", "embedder", COMPARE[which].other];
    const place = (cell) => rest.map((field) => cell[field]).join();
    const counts = new Map();
    for (const cell of cells) counts.set(place(cell), (counts.get(place(cell)) ?? 0) + 1);
    return cells.filter((cell) => counts.get(place(cell)) > 1);
  }

  return { COMPARE, LISTS, OWN, named, levels, addressOf, wishesOf, resolve };
})();
