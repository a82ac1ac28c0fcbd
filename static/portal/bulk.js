// The boxes of a register's list: one in the head ticks all rows of the page, and what is ticked stays so on other pages of
// the list. The list works without this script, and says then that ticks end with the page.
(function () {
  "use strict";

  var ticked = {}; // by ref, those of all pages seen since the list was opened

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
      boxes().forEach(function (each) {
        each.checked = box.checked;
        note(each);
      });
      showOthers();
    });
    label.appendChild(box);
    head.appendChild(label);
  }

  function note(box) {
    if (box.checked) {
      ticked[box.value] = true;
    } else {
      delete ticked[box.value];
    }
  }

  // Send what is ticked on other pages with the form, and say how much that is.
  function showOthers() {
    var form = document.getElementById("bulk");
    if (!form) {
      return;
    }
    var here = {};
    boxes().forEach(function (box) { here[box.value] = true; });
    var others = Object.keys(ticked).filter(function (ref) { return !here[ref]; });
    Array.prototype.forEach.call(form.querySelectorAll(".bulk-elsewhere"), function (each) { each.remove(); });
    if (!others.length) {
      return;
    }
    var part = document.createElement("span");
    part.className = "bulk-elsewhere";
    others.forEach(function (ref) {
      var input = document.createElement("input");
      input.type = "hidden";
      input.name = "ref";
      input.value = ref;
      part.appendChild(input);
    });
    part.appendChild(document.createTextNode("别的页上还勾选了 " + others.length + " 条 "));
    var clear = document.createElement("button");
    clear.type = "button";
    clear.className = "btn btn-sm";
    clear.textContent = "取消这些勾选";
    clear.addEventListener("click", function () {
      others.forEach(function (ref) { delete ticked[ref]; });
      showOthers();
      document.getElementById("bulk-field").focus();
    });
    part.appendChild(clear);
    form.insertBefore(part, form.querySelector('button[type="submit"]'));
  }

  function keep() {
    offer();
    boxes().forEach(function (box) {
      box.checked = box.checked || Boolean(ticked[box.value]);
      note(box);
    });
    showOthers();
  }

  document.addEventListener("change", function (event) {
    if (event.target.matches('input[name="ref"][form="bulk"]')) {
      note(event.target);
      showOthers();
    }
  });
  keep();
  document.addEventListener("htmx:afterSettle", keep);
})();
