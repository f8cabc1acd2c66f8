/* The picture of exploitation: draws what the table says, with cytoscape. Without it the table stands alone. */
(function () {
  "use strict";

  var SHAPES = { person: "ellipse", place: "rectangle", vehicle: "diamond", phone: "triangle", handle: "hexagon", group: "octagon" };
  var FEW = 40;
  var WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  // Names stay readable however small the picture is; of many, only of those one looks at.
  function style(names) {
    function named(isAlways) {
      return {
        "font-size": function () { return isAlways || names.isFew ? names.size : 12; },
        "text-max-width": function () { return (isAlways || names.isFew ? names.size : 12) * 9; }
      };
    }
    return [
      { selector: "node", style: {
        shape: function (node) { return SHAPES[node.data("kind")] || "ellipse"; },
        "background-color": "#f3f2f1", "border-width": 2, "border-color": "#17343f", width: 34, height: 34,
        label: "data(name)", "font-family": "arial, sans-serif", color: "#0b0c0c",
        "text-valign": "bottom", "text-margin-y": 4, "text-wrap": "wrap",
        "text-background-color": "#ffffff", "text-background-opacity": 0.85, "text-background-padding": 1,
        "min-zoomed-font-size": 7
      } },
      { selector: "node", style: named(false) },
      { selector: "node.fd-found, node.fd-here", style: named(true) },
      { selector: "node[?is_child]", style: { "border-color": "#b3261e", "border-width": 5, "background-color": "#ffffff" } },
      { selector: "[?is_ended]", style: { opacity: 0.45 } },
      { selector: "edge", style: {
        width: 1.5, "line-color": "#505a5f", "curve-style": "bezier", "target-arrow-shape": "triangle", "target-arrow-color": "#505a5f",
        "arrow-scale": 0.8
      } },
      { selector: "edge.fd-near", style: { label: "data(words)", "font-size": 11, "text-background-color": "#ffffff", "text-background-opacity": 0.9, width: 3, "line-color": "#17343f", "target-arrow-color": "#17343f" } },
      { selector: "edge[?is_doubtful]", style: { "line-style": "dashed" } },
      { selector: "node.fd-found", style: { "background-color": "#ffdd00" } },
      { selector: "node.fd-here", style: { "background-color": "#17343f", "border-color": "#ffdd00", "border-width": 6, "font-weight": "bold" } },
      { selector: ".fd-far", style: { opacity: 0.15 } }
    ];
  }

  function draw(place, data) {
    var picture = place.querySelector("[data-network-picture]");
    var said = place.querySelector("[data-network-said]");
    var find = place.querySelector("[data-network-find]");
    place.hidden = false;
    var names = { size: 12, isFew: data.nodes.length <= FEW };
    var graph = window.cytoscape({
      container: picture,
      elements: {
        nodes: data.nodes.map(function (node) { return { data: node }; }),
        edges: data.links.map(function (link) {
          return { data: { id: link.id, source: link.one, target: link.other, words: link.words, grade: link.grade, is_doubtful: link.is_doubtful, is_ended: link.is_ended } };
        })
      },
      style: style(names), minZoom: 0.1, maxZoom: 4, autoungrabify: false,
      layout: { name: "cose", animate: false, randomize: false, nodeDimensionsIncludeLabels: true, componentSpacing: 60, idealEdgeLength: 90, numIter: data.nodes.length > 150 ? 400 : 1000, padding: 30, fit: true }
    });
    var here = null;
    var isMoved = false;

    function sizeNames() {
      var size = Math.min(40, Math.max(12, 11 / graph.zoom()));
      if (Math.abs(size - names.size) < names.size / 10) { return; }
      names.size = size;
      graph.style().update();
    }

    function fit() {
      isMoved = false;
      graph.fit(undefined, 30);
    }

    function say(node) {
      var links = node.connectedEdges();
      var first = links.slice(0, 6).map(function (edge) {
        return edge.source().data("name") + " " + edge.data("words") + " " + edge.target().data("name") + " (" + edge.data("grade") + ")";
      });
      said.textContent = node.data("name") + ": " + node.data("about") + ". " + links.length + (links.length === 1 ? " link" : " links") +
        (first.length ? ": " + first.join("; ") : "") + (links.length > first.length ? "; and others." : ".");
    }

    function go(node, isCentred) {
      graph.elements().removeClass("fd-here fd-near fd-far");
      here = node;
      graph.elements().difference(node.closedNeighborhood()).addClass("fd-far");
      node.addClass("fd-here");
      node.connectedEdges().addClass("fd-near");
      say(node);
      if (isCentred) { graph.center(node); }
    }

    function leave() {
      here = null;
      graph.elements().removeClass("fd-here fd-near fd-far");
      said.textContent = "";
    }

    function next(way) {
      if (!here) { return graph.nodes()[0]; }
      var from = here.position();
      var best = null;
      var least = Infinity;
      graph.nodes().forEach(function (node) {
        var dx = node.position().x - from.x;
        var dy = node.position().y - from.y;
        var ahead = dx * way[0] + dy * way[1];
        if (node === here || ahead <= 0) { return; }
        var aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
        if (ahead + 2 * aside < least) { least = ahead + 2 * aside; best = node; }
      });
      return best;
    }

    function zoom(by) {
      isMoved = true;
      graph.zoom({ level: graph.zoom() * by, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } });
    }

    graph.on("zoom", sizeNames);
    graph.on("dragpan scrollzoom pinchzoom", function () { isMoved = true; });
    graph.on("resize", function () { if (!isMoved && !here) { fit(); } });
    sizeNames();
    graph.on("tap", "node", function (event) { go(event.target, false); });
    graph.on("dbltap", "node", function (event) { window.location.assign(event.target.data("url")); });
    graph.on("tap", function (event) { if (event.target === graph) { leave(); } });

    picture.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.altKey || event.metaKey) { return; }
      if (WAYS[event.key]) {
        var node = next(WAYS[event.key]);
        if (node) { go(node, true); }
      } else if (event.key === "Enter" && here) {
        window.location.assign(here.data("url"));
      } else if (event.key === "Escape") {
        leave();
      } else if (event.key === "+" || event.key === "=") {
        zoom(1.3);
      } else if (event.key === "-") {
        zoom(0.77);
      } else if (event.key === "0") {
        fit();
      } else {
        return;
      }
      event.preventDefault();
    });

    place.querySelectorAll("[data-network-zoom]").forEach(function (button) {
      button.addEventListener("click", function () { zoom(Number(button.dataset.networkZoom)); });
    });
    place.querySelector("[data-network-fit]").addEventListener("click", fit);

    function found() {
      var words = find.value.trim().toLowerCase();
      graph.nodes().removeClass("fd-found");
      if (!words) { return graph.collection(); }
      var some = graph.nodes().filter(function (node) { return node.data("name").toLowerCase().indexOf(words) !== -1; });
      some.addClass("fd-found");
      said.textContent = some.length + (some.length === 1 ? " is found." : " are found.") + (some.length ? " Press Enter to go to the first." : "");
      return some;
    }
    find.addEventListener("input", found);
    find.addEventListener("keydown", function (event) {
      if (event.key !== "Enter") { return; }
      event.preventDefault();
      var some = found();
      if (some.length) {
        graph.zoom(1.1);
        go(some[0], true);
        picture.focus();
      }
    });

    if (data.around) {
      var around = graph.getElementById(data.around);
      if (around.length) { say(around); around.addClass("fd-here"); }
    }
    picture.dataset.drawn = String(data.nodes.length);
  }

  document.querySelectorAll("[data-network]").forEach(function (place) {
    if (!window.cytoscape) { return; }
    window.fetch(place.dataset.network, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (data) { if (data && data.nodes.length) { draw(place, data); } })
      .catch(function () { place.hidden = true; });
  });
})();
