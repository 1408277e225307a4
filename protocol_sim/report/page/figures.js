// Draws every figure of the page in the page's own colours, and again when those change.
(function () {
  function theme(layout) {
    var css = getComputedStyle(document.documentElement);
    var colour = function (name) { return css.getPropertyValue(name).trim(); };
    var axis = function (given) {
      return Object.assign({
        gridcolor: colour("--rule"), linecolor: colour("--quiet"), tickcolor: colour("--quiet"),
        zerolinecolor: colour("--rule"), ticks: "outside", ticklen: 4
      }, given);
    };
    var themed = Object.assign({}, layout, {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: layout.hovermode || "x unified",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("--ink") },
      margin: { l: 60, r: 16, t: 12, b: 48 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("--rule"), activecolor: colour("--quiet") },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      hoverlabel: { bgcolor: colour("--wash"), bordercolor: colour("--rule"), font: { color: colour("--ink") } },
      xaxis: axis(layout.xaxis), yaxis: axis(layout.yaxis)
    });
    if (layout.yaxis2) themed.yaxis2 = Object.assign(axis(layout.yaxis2), { showgrid: false });
    themed.shapes = (layout.shapes || []).map(function (shape) {
      return Object.assign({}, shape, { line: Object.assign({ color: colour("--quiet") }, shape.line) });
    });
    themed.annotations = (layout.annotations || []).map(function (text) {
      return Object.assign({ font: { color: colour("--quiet"), size: 12 } }, text);
    });
    return themed;
  }
  function draw() {
    document.querySelectorAll(".plot").forEach(function (place) {
      var figure = JSON.parse(document.getElementById(place.id + "-data").textContent);
      Plotly.react(place, figure.data, theme(figure.layout), { responsive: true, displaylogo: false });
    });
  }
  draw();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  window.addEventListener("beforeprint", function () {     // print rules apply only after this event
    document.documentElement.classList.add("print");
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
    draw();
  });
  window.addEventListener("afterprint", function () {
    document.documentElement.classList.remove("print");
    draw();
  });
})();
