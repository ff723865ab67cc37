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

  /** Names at the ends of lines, pushed apart where they would lie on each other. */
  function endNames(plot, ends, colours, [bottom, top], height, x) {
    if (!isWide(plot)) return [];
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
    return {
      title,
      caption: !cells.length ? "Tick something besides Random to see how it differs." :
        `Seed by seed${strategies ? ", with the same first texts" : ""}. ` +
        (without.length ? `No Random was run beside ${without.map(([each]) => each.label).join(", ")}.` : "The line at zero is Random."),
      alt: `${title} on ${placeWords(view)}, paired by seed, ${words}`,
    };
  }

  // -- over embedders ---------------------------------------------------------------------------

  function drawRanks(view, plot) {
    const colours = theme();
    const along = ranksAlong(view);
    const shown = shownCells(view).map(([each]) => each);
    const names = along.map((place) => all.embedders[place.embedder].label);
    const words = (place, i) => `rank ${rankText(place.ranks[i])} (${all.embedders[place.embedder].label}` +
      `${place.quality === null ? "" : `, probe accuracy ${(place.quality / 1000).toFixed(1)} %`})`;
    const traces = shown.map((each, i) =>
      line(each, colours, names, along.map((place) => place.ranks[i]), along.map((place) => words(place, i))));
    const reach = [shown.length + 0.5, 0.5];
    const height = Math.max(300, 90 + 26 * shown.length) + 60;
    const ends = along.length ? shown.map((each, i) => ({ each, y: last(along).ranks[i] })) : [];
    draw(plot, traces, layout(plot, colours, height, shown, {
      xaxis: { type: "category", tickangle: -45 }, hovermode: "closest",
      yaxis: { title: { text: "rank" }, range: reach, dtick: shown.length > 12 ? 2 : 1, tick0: 1 },
      annotations: endNames(plot, ends, colours, [reach[1], reach[0]], height - 150, names.at(-1)),
    }));
    const title = "Rank by area under the curve, under every embedder";
    return {
      title,
      caption: along.length
        ? "1 is the best of those shown. Embedders are ordered by probe accuracy on the pool of this dataset, the worst first; only those under which all that is shown was run."
        : "Under no embedder was all that is shown run.",
      alt: `${title}, embedders from the worst to the best: ${along.map((place) =>
        `${all.embedders[place.embedder].label}: ${shown.map((each, i) => `${each.label} ${rankText(place.ranks[i])}`).join(", ")}`).join("; ")}`,
    };
  }

  /** The colour of a mark beside a name. */
  const markColour = (each) => readable(each.colour, theme(), 3);

  return { markColour, figures: { curves: drawCurves, gains: drawGains, ranks: drawRanks } };
})());
