// Enhancements; every page works without this script.
(function () {
  "use strict";

  // Show a message when a request of htmx fails, and hide it after the next one that succeeds.
  // A refusal's response is its sentence as plain text.
  var note = document.getElementById("trouble");
  var defaultText = note ? note.textContent : "";
  function showTrouble(isShown, text) {
    if (note) {
      note.textContent = text || defaultText;
      note.hidden = !isShown;
    }
  }
  document.addEventListener("htmx:responseError", function (event) {
    var response = event.detail.xhr;
    var isSentence = (response.getResponseHeader("Content-Type") || "").indexOf("text/plain") === 0;
    showTrouble(true, isSentence ? response.responseText : "");
  });
  document.addEventListener("htmx:sendError", function () { showTrouble(true); });
  document.addEventListener("htmx:afterSwap", function () { showTrouble(false); });

  // Hide what only helps those without scripts.
  function hideHelp() {
    Array.prototype.forEach.call(document.querySelectorAll("[data-without-scripts]"), function (each) { each.hidden = true; });
  }
  hideHelp();
  document.addEventListener("htmx:afterSettle", hideHelp);

  // Submit a form once: further clicks on its buttons are ignored while the request is running.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    var button = form.querySelector("button[data-once]");
    if (!button) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    if (event.submitter && event.submitter.dataset.once) {
      button = event.submitter;
    }
    button.textContent = button.dataset.once;
    button.classList.add("disabled");
  });
  // Reload a page from the back-forward cache, whose button is still disabled.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      window.location.reload();
    }
  });

  // Move to the search field with "/", unless something is being typed or chosen.
  document.addEventListener("keydown", function (event) {
    var field = document.getElementById("search");
    var isTyping = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || !field || isTyping || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    field.focus();
    field.select();
  });

  // List the names of several chosen files, of which a browser shows only the number.
  document.addEventListener("change", function (event) {
    var input = event.target;
    if (!input.matches('input[type="file"][multiple]')) {
      return;
    }
    var list = input.parentNode.querySelector(".chosen-files");
    if (!list) {
      list = document.createElement("ul");
      list.className = "chosen-files";
      list.setAttribute("aria-label", "选好的文件");
      input.insertAdjacentElement("afterend", list);
    }
    list.textContent = "";
    list.hidden = input.files.length < 2;
    Array.prototype.forEach.call(list.hidden ? [] : input.files, function (file) {
      var item = document.createElement("li");
      item.textContent = file.name;
      list.appendChild(item);
    });
  });

  // Submit the form when an option is chosen with the pointer. Arrow keys select each option in turn, so keyboard users
  // submit with the button that follows.
  var usesKeyboard = false;
  document.addEventListener("keydown", function () { usesKeyboard = true; }, true);
  document.addEventListener("pointerdown", function () { usesKeyboard = false; }, true);
  document.addEventListener("change", function (event) {
    if (event.target.matches("select[data-go]") && !usesKeyboard) {
      event.target.form.submit();
    }
  });
})();
