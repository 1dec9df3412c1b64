"use strict";
(function () {
  var each = Array.prototype.forEach;
  each.call(document.querySelectorAll(".tools"), function (tools) { tools.hidden = false; });
  each.call(document.querySelectorAll("[data-zoom]"), function (button) {
    button.addEventListener("click", function () {
      var picture = document.getElementById(button.getAttribute("data-for"));
      var box = picture.viewBox.baseVal;
      var now = parseFloat(picture.getAttribute("width"));
      var step = button.getAttribute("data-zoom");
      var width = step === "fit" ? picture.parentNode.clientWidth : now * parseFloat(step);
      width = Math.max(400, Math.min(width, 12000));
      picture.setAttribute("width", width);
      picture.setAttribute("height", width * box.height / box.width);
    });
  });
  each.call(document.querySelectorAll("[data-filter]"), function (field) {
    field.addEventListener("input", function () {
      var wanted = field.value.toLowerCase();
      var entries = document.querySelectorAll(field.getAttribute("data-filter"));
      each.call(entries, function (entry) {
        entry.hidden = wanted !== "" && entry.textContent.toLowerCase().indexOf(wanted) < 0;
      });
    });
  });
}());
