// The clerk's page of one community: differences to the month before while typing. The page works without it.
(function () {
  "use strict";

  function differenceOf(input) {
    var typed = input.value.replace(/[,，\s]/g, "");
    if (!/^\d+(\.\d+)?$/.test(typed)) {
      return "";
    }
    var difference = Math.round((Number(typed) - Number(input.dataset.was)) * 100) / 100;
    if (difference === 0) {
      return "持平";
    }
    return (difference > 0 ? "+" : "−") + Math.abs(difference).toLocaleString("en-US");
  }

  document.addEventListener("input", function (event) {
    var input = event.target;
    if (!input.dataset || input.dataset.was === undefined) {
      return;
    }
    var output = document.querySelector('output[for="' + input.id + '"]');
    if (output) {
      output.textContent = differenceOf(input);
    }
  });
})();
