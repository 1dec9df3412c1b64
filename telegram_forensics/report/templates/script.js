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
  // A filter over everything that names an account, chats or a time. An entry without a
  // time or chat is shown: that it has none does not put it outside.
  var form = document.querySelector(".chooser");
  var chosen = {};
  each.call(form.querySelectorAll("[data-choose]"), function (field) {
    chosen[field.getAttribute("data-choose")] = field;
  });
  function seconds(field, days) {
    var time = Date.parse(field.value + "T00:00:00Z");
    return field.value ? time / 1000 + days * 86400 : null;
  }
  function choose() {
    var account = chosen.account.value;
    var chat = chosen.chat.value.trim();
    var from = seconds(chosen.from, 0);
    var to = seconds(chosen.to, 1);
    var hidden = 0;
    each.call(document.querySelectorAll("[data-start]"), function (entry) {
      var start = entry.getAttribute("data-start");
      var end = entry.getAttribute("data-end");
      var chats = entry.getAttribute("data-chats");
      var own = entry.getAttribute("data-account");
      var out = (account !== "" && own !== "" && own !== account) ||
        (chat !== "" && chats && chats.split(" ").indexOf(chat) < 0) ||
        (from !== null && end !== "" && parseFloat(end) < from) ||
        (to !== null && start !== "" && parseFloat(start) >= to);
      entry.classList.toggle("left-out", Boolean(out));
      hidden += out ? 1 : 0;
    });
    form.classList.toggle("is-on", hidden > 0);
    var output = form.querySelector("output");
    output.textContent = hidden ? output.getAttribute("data-hidden").replace("{n}", hidden) : "";
  }
  form.addEventListener("input", choose);
  form.querySelector("button").addEventListener("click", function () {
    Object.keys(chosen).forEach(function (name) { chosen[name].value = ""; });
    choose();
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
