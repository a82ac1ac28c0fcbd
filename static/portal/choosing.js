// Choosing among proposals: the sum of what is ticked, line by line and against the budget, while boxes are ticked. Without
// this script the button 试算 shows the same.
(function () {
  "use strict";

  var table = document.querySelector("[data-choosing]");
  var status = document.querySelector("[data-total]");
  if (!table || !status) {
    return;
  }
  var budget = table.dataset.budget === "" ? null : Math.round(parseFloat(table.dataset.budget) * 100);
  var rows = Array.prototype.slice.call(table.querySelectorAll("tr[data-amount]"));

  function yuan(fen) {
    return (fen / 100).toLocaleString("zh-CN", { maximumFractionDigits: 2 });
  }

  function show() {
    var sum = 0;
    var count = 0;
    rows.forEach(function (row) {
      var cell = row.querySelector("[data-together]");
      var isTicked = row.querySelector('input[type="checkbox"]').checked;
      if (isTicked) {
        sum += Math.round(parseFloat(row.dataset.amount) * 100);
        count += 1;
      }
      cell.textContent = isTicked ? yuan(sum) : "—";
      cell.classList.toggle("bad", isTicked && budget !== null && sum > budget);
    });
    status.querySelector("[data-count]").textContent = count;
    status.querySelector("[data-sum]").textContent = yuan(sum);
    var left = status.querySelector("[data-left]");
    if (left && budget !== null) {
      left.textContent = sum > budget ? "超出" + yuan(sum - budget) + "元" : "还剩" + yuan(budget - sum) + "元";
      left.classList.toggle("bad", sum > budget);
    }
  }

  table.addEventListener("change", show);
})();
