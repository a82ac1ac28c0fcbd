// Small comforts; every page works without them.
(function () {
  "use strict";

  // Say it when a part of the page could not be fetched, and take it back when it works again.
  // A refusal comes with its own sentence as plain text.
  var note = document.getElementById("trouble");
  var usualWords = note ? note.textContent : "";
  function trouble(isThere, words) {
    if (note) {
      note.textContent = words || usualWords;
      note.hidden = !isThere;
    }
  }
  document.addEventListener("htmx:responseError", function (event) {
    var answer = event.detail.xhr;
    var isSentence = (answer.getResponseHeader("Content-Type") || "").indexOf("text/plain") === 0;
    trouble(true, isSentence ? answer.responseText : "");
  });
  document.addEventListener("htmx:sendError", function () { trouble(true); });
  document.addEventListener("htmx:afterSwap", function () { trouble(false); });

  // One click, one upload: a second press of the button while the file travels does nothing.
  document.addEventListener("submit", function (event) {
    var button = event.target.querySelector("button[data-once]");
    if (!button) {
      return;
    }
    if (button.dataset.pressed) {
      event.preventDefault();
      return;
    }
    button.dataset.pressed = "yes";
    button.textContent = button.dataset.once;
    button.classList.add("disabled");
  });
  // Coming back with the browser's back button makes the form usable again.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      window.location.reload();
    }
  });

  // A choice made with the pointer leads to the other page at once. Arrow keys walk through the choices one by one, so
  // whoever uses them presses the button that follows.
  var isByKeys = false;
  document.addEventListener("keydown", function () { isByKeys = true; }, true);
  document.addEventListener("pointerdown", function () { isByKeys = false; }, true);
  document.addEventListener("change", function (event) {
    if (event.target.matches("select[data-go]") && !isByKeys) {
      event.target.form.submit();
    }
  });
})();
