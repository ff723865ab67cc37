// The figures of what is shown: curves, differences from Random, and ranks under every embedder.
//
// Each function draws into an element and hands back the title, the caption and the alt text.
"use strict";

Object.assign(window.alutils, (() => {
  const all = window.alutilsExplorer;
  const {
    COMPARE, last, metricOf, labelsOf, numbersOf, gainsOf, shownCells, scaleOf, ranksAlong,
    value, difference, withInterval, rankText, placeWords,
  } = window.alutils;
  const WIDE = 560; // from this width on, lines bear their names; below, a legend does
  const isWide = (plot) => plot.clientWidth >= WIDE;

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

  const faint = (colour) => `rgba(${channels(colour).join()},0.16)`;

  // -- what all have ----------------------------------------------------------------------------

  /** How much room a legend takes, where there is one. */
  function legendOf(plot, shown) {
    if (isWide(plot)) return 0;
    const longest = Math.max(0, ...shown.map((each) => each.label.length));
    const columns = Math.max(1, Math.floor(plot.clientWidth / (48 + 6 * longest)));
    return 12 + 18 * Math.ceil(shown.length / columns);
  }

  /** A layout of `height`; the legend stands above, where nothing is in its way, and adds its own. */
  function layout(plot, colours, height, shown, more) {
    const axis = { gridcolor: colours.grid, zeroline: false, linecolor: colours.grid, automargin: true, fixedrange: true };
    const { xaxis, yaxis, ...rest } = more;
    const above = legendOf(plot, shown);
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colours.text, size: 13, family: getComputedStyle(plot).fontFamily },
      margin: { l: 52, r: isWide(plot) ? 110 : 12, t: 10 + above, b: 44 },
      height: height + above, showlegend: !isWide(plot),
      legend: {
        orientation: "h", x: -0.2, xanchor: "left", y: 1, yanchor: "bottom", maxheight: 1000, // beyond both axes: as wide as it can be
        font: { size: 12 }, itemclick: false, itemdoubleclick: false,
      },
      hovermode: "x unified", hoverlabel: { bgcolor: colours.back, font: { color: colours.text } },
      xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis }, ...rest,
    };
  }

  const draw = (plot, traces, made) => Plotly.react(plot, traces, made, { displayModeBar: false, responsive: true });

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

  /** Where names at some places stand: each as near to its own as can be, with room between two. */
  function apart(places, least, height) {
    const groups = [];
    places.forEach((place, i) => {
      groups.push({ sum: place - i * least, size: 1 });
      const mean = ({ sum, size }) => sum / size;
      while (groups.length > 1 && mean(groups.at(-2)) > mean(groups.at(-1))) {
        const upper = groups.pop();
        groups.at(-1).sum += upper.sum;
        groups.at(-1).size += upper.size;
      }
    });
    const latest = height - least * (places.length - 1);
    const starts = groups.flatMap(({ sum, size }) => Array(size).fill(Math.max(0, Math.min(latest, sum / size))));
    return starts.map((start, i) => start + i * least);
  }

  /** Names at the ends of lines, each with a stroke to its own where there is no room for it there. */
  function endNames(plot, ends, colours, [bottom, top], height, x) {
    if (!isWide(plot)) return [];
    const pixels = ({ y }) => height * (1 - (y - bottom) / (top - bottom)); // from above
    const sorted = ends.slice().sort((a, b) => pixels(a) - pixels(b));
    const at = apart(sorted.map(pixels), 16, height);
    return sorted.map((end, i) => ({
      x, y: end.y, xref: "x", yref: "y", text: end.each.label, font: { color: readable(end.each.colour, colours, 4.5), size: 13 },
      xanchor: "left", borderpad: 2, ax: 20, ay: at[i] - pixels(end), arrowhead: 0, arrowwidth: 1, standoff: 6,
      arrowcolor: readable(end.each.colour, colours, 3),
    }));
  }

  // -- over the number of labels ----------------------------------------------------------------

  function range(numbers) {
    const low = Math.min(...numbers), high = Math.max(...numbers);
    const room = 0.04 * (high - low || 1);
    return [low - room, high + room];
  }

  function drawLines(view, plot, lists, write, axisTitle, zero) {
    const colours = theme();
    const x = labelsOf(view);
    const traces = [], lines = [], ends = [], numbers = zero ? [0] : [];
    for (const { each, mean, half } of lists) {
      const curve = (end) => x.map((_, i) => scaleOf(view) * (mean[i] + end * (half[i] ?? 0)));
      numbers.push(...curve(-1), ...curve(1));
      if (half[0] !== null) traces.push(band(each, colours, x, curve(-1), curve(1)));
      lines.push(line(each, colours, x, curve(0), x.map((_, i) => withInterval(write, mean[i], half[i]))));
      ends.push({ each, y: last(curve(0)) });
    }
    const reach = numbers.length ? range(numbers) : [0, 1];
    const shape = { type: "line", xref: "paper", x0: 0, x1: 1, y0: 0, y1: 0, line: { color: colours.text, width: 1 } };
    draw(plot, [...traces, ...lines], layout(plot, colours, 340, lists.map(({ each }) => each), {
      xaxis: { title: { text: "labels" }, range: range(x), tickformat: "," },
      yaxis: { title: { text: axisTitle }, range: reach },
      annotations: endNames(plot, ends, colours, reach, 285, last(x)), shapes: zero ? [shape] : [],
    }));
    return `a line with its 95 % interval for each of ${lists.map(({ each }) => each.label).join(", ")}. ` +
      "The numbers are in the tables below.";
  }

  function drawCurves(view, plot) {
    const { label, share } = metricOf(view);
    const lists = shownCells(view).map(([each, cell]) => ({ each, ...numbersOf(view, cell) }));
    const title = `${label[0].toUpperCase()}${label.slice(1)} over labels`;
    const words = drawLines(view, plot, lists, value(view), share ? `${label}, %` : label, false);
    return {
      title, caption: "Bands are 95 % intervals over seeds.", alt: `${title} on ${placeWords(view)}, ${words}`,
    };
  }

  function drawGains(view, plot) {
    const { label, share, falling } = metricOf(view);
    const cells = shownCells(view).filter(([each]) => each.name !== "random");
    const beside = cells.filter(([, cell]) => gainsOf(view, cell).mean);
    const without = cells.filter(([, cell]) => !gainsOf(view, cell).mean);
    const lists = beside.map(([each, cell]) => ({ each, ...gainsOf(view, cell) }));
    const title = `Difference from Random${falling ? " (below zero is better)" : ""}`;
    const words = drawLines(view, plot, lists, difference(view), share ? `${label}, points` : label, true);
    const strategies = COMPARE[view.compare].name === "strategy";
    if (!cells.length) return { title, caption: "Tick something besides Random to see how it differs." };
    return {
      title,
      caption: `Seed by seed${strategies ? ", with the same first texts" : ""}. ` +
        (without.length ? `No Random was run beside ${without.map(([each]) => each.label).join(", ")}.` : "The line at zero is Random."),
      alt: `${title} on ${placeWords(view)}, paired by seed, ${words}`,
    };
  }

  // -- over embedders ---------------------------------------------------------------------------

  function drawRanks(view, plot) {
    const colours = theme();
    const along = ranksAlong(view);
    const shown = shownCells(view).map(([each]) => each);
    const title = "Rank by area under the curve, under every embedder";
    if (shown.length < 2) return { title, caption: "Tick something more to see which is better where." };
    if (!along.length) return { title, caption: "Under no embedder was all that is shown run." };
    const names = along.map((place) => all.embedders[place.embedder].label);
    const words = (place, i) => `rank ${rankText(place.ranks[i])} (${all.embedders[place.embedder].label}` +
      `${place.quality === null ? "" : `, probe accuracy ${(place.quality / 1000).toFixed(1)} %`})`;
    const traces = shown.map((each, i) =>
      line(each, colours, names, along.map((place) => place.ranks[i]), along.map((place) => words(place, i))));
    const reach = [shown.length + 0.5, 0.5];
    const height = Math.max(300, 90 + 26 * shown.length) + 60;
    const ends = shown.map((each, i) => ({ each, y: last(along).ranks[i] }));
    const everyName = isWide(plot) && { tickvals: names, tickangle: names.length > 14 ? -90 : -45 };
    draw(plot, traces, layout(plot, colours, height, shown, {
      xaxis: { type: "category", tickangle: -45, ...everyName }, hovermode: "closest",
      yaxis: { title: { text: "rank" }, range: reach, dtick: shown.length > 12 ? 2 : 1, tick0: 1 },
      annotations: endNames(plot, ends, colours, [reach[1], reach[0]], height - 150, names.at(-1)),
    }));
    const by = along.every((place) => place.quality !== null)
      ? "probe accuracy on the pool of this dataset" : "mean probe accuracy over the datasets";
    return {
      title,
      caption: `1 is the best of those shown. Embedders are ordered by ${by}, the worst first; ` +
        "only those under which all that is shown was run.",
      alt: `${title}, embedders from the worst to the best: ${along.map((place) =>
        `${all.embedders[place.embedder].label}: ${shown.map((each, i) => `${each.label} ${rankText(place.ranks[i])}`).join(", ")}`).join("; ")}`,
    };
  }

  /** The colour of a mark beside a name. */
  const markColour = (each) => readable(each.colour, theme(), 3);

  return { markColour, figures: { curves: drawCurves, gains: drawGains, ranks: drawRanks } };
})());
