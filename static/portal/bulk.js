// A box in the head of a register's list that ticks all rows of the page. The list works without this script.
(function () {
  "use strict";

  function boxes() {
    return Array.prototype.slice.call(document.querySelectorAll('#result input[name="ref"][form="bulk"]'));
  }

  function offer() {
    var head = document.querySelector("#result th.pick");
    if (!head || head.querySelector("input")) {
      return;
    }
    var label = document.createElement("label");
    var box = document.createElement("input");
    label.className = "pick-box";
    box.type = "checkbox";
    box.className = "form-check-input";
    box.setAttribute("aria-label", "选择本页全部");
    box.addEventListener("change", function () {
      boxes().forEach(function (each) { each.checked = box.checked; });
    });
    label.appendChild(box);
    head.appendChild(label);
  }

  offer();
  document.addEventListener("htmx:afterSettle", offer);
})();
