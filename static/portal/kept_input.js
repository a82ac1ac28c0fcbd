// Keep what is typed into forms until it is saved, and ask before a changed form is left. Pages work without this script.
//
// Kept in sessionStorage: of this window only, by user and page. Passwords, files, hidden fields, fields marked
// data-personal, and texts with an ID or mobile number in them are not kept. All of it is cleared on sign-out.
(function () {
  "use strict";

  var PREFIX = "kept:";
  var OLDEST = 12 * 60 * 60 * 1000; // ms
  var SIGNED_OUT = "portal-signed-out"; // in localStorage, which tells the other windows
  // Tell apart forms with the same address on one page, such as those of single rows.
  var KEYS = ["row", "field", "column", "ref", "register", "period", "county"];
  var NUMBERS = /(^|\D)(\d{17}[\dXx]|\d{15}|1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?![\dA-Za-z])/;

  var store;
  try {
    store = window.sessionStorage;
    store.getItem(PREFIX);
  } catch (error) {
    return; // the browser forbids it
  }

  var user = document.body.dataset.user || "";
  var page = PREFIX + user + ":" + window.location.pathname + ":";
  var changed = []; // forms with input that is not sent
  var isSigningOut = false;
  var isGivenUp = false;

  function keys() {
    return Object.keys(store).filter(function (key) { return key.indexOf(PREFIX) === 0; });
  }

  function read(key) {
    try {
      return JSON.parse(store.getItem(key));
    } catch (error) {
      return null;
    }
  }

  function write(key, kept) {
    try {
      store.setItem(key, JSON.stringify(kept));
    } catch (error) {
      store.removeItem(key); // no space is left; the question before leaving remains
    }
  }

  function clear() {
    keys().forEach(function (key) { store.removeItem(key); });
  }

  // --- forms and their fields ---

  function isWatched(form) {
    return form && form.method === "post" && form.closest("main") && !form.hasAttribute("hx-post") &&
      !form.hasAttribute("data-only-chooses") &&
      !form.querySelector("input[type=password]");
  }

  function isKept(field) {
    if (!field.name || field.disabled || field.closest("[data-personal]")) {
      return false;
    }
    if (field.type === "hidden") {
      return field.name === "version"; // so that a change by somebody else in between is noticed
    }
    return ["password", "file", "submit", "button", "reset", "image"].indexOf(field.type) < 0;
  }

  function fields(form, name) {
    return Array.prototype.filter.call(form.elements, function (field) {
      return isKept(field) && (!name || field.name === name);
    });
  }

  function keyOf(form) {
    var parts = KEYS.map(function (name) {
      var field = form.querySelector("input[type=hidden][name='" + name + "']");
      return field ? field.value : "";
    });
    var action = form.getAttribute("action") || "";
    var alike = Array.prototype.filter.call(document.querySelectorAll("main form"), function (other) {
      return isWatched(other) && (other.getAttribute("action") || "") === action;
    });
    return page + action + "#" + (parts.join("") ? parts.join("|") : alike.indexOf(form));
  }

  function valuesOf(found) {
    return found.map(function (field) {
      if (field.type === "checkbox" || field.type === "radio") {
        return field.checked ? field.value : null;
      }
      if (field.type === "select-multiple") {
        return Array.prototype.map.call(field.selectedOptions, function (option) { return option.value; });
      }
      return NUMBERS.test(field.value) ? null : field.value;
    });
  }

  function fill(found, values) {
    found.forEach(function (field, place) {
      var value = values[place];
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = value !== null && value !== undefined;
      } else if (value === null || value === undefined) {
        return;
      } else if (field.type === "select-multiple") {
        Array.prototype.forEach.call(field.options, function (option) {
          option.selected = value.indexOf(option.value) >= 0;
        });
      } else {
        field.value = value;
      }
    });
  }

  // --- after a page has come ---

  function done() {
    var found = document.cookie.match(/(?:^|;\s*)form_done=([^;]*)/);
    if (!found) {
      return;
    }
    document.cookie = "form_done=; path=/; max-age=0; samesite=lax";
    var path = decodeURIComponent(decodeURIComponent(found[1]));
    keys().forEach(function (key) {
      var kept = read(key);
      if (key.split(":")[2] === path && kept && kept.isSent) {
        store.removeItem(key);
      }
    });
  }

  function restore(form) {
    var kept = read(keyOf(form));
    if (!kept) {
      return false;
    }
    changed.push(form);
    if ("bound" in document.body.dataset) {
      return false; // the portal has sent the input back itself
    }
    Object.keys(kept.values).forEach(function (name) {
      var found = fields(form, name);
      fill(found, kept.values[name]);
      found.forEach(function (field) {
        for (var box = field.closest("details"); box; box = box.parentElement.closest("details")) {
          box.open = true;
        }
      });
    });
    return true;
  }

  done();
  if (!user) {
    var note = document.getElementById("kept-input-note");
    if (note && keys().length) {
      note.hidden = false;
    }
    return;
  }
  keys().forEach(function (key) {
    var kept = read(key);
    if (key.split(":")[1] !== user || !kept || Date.now() - kept.at > OLDEST) {
      store.removeItem(key);
    }
  });
  var restored = Array.prototype.filter.call(document.querySelectorAll("main form"), function (form) {
    return isWatched(form) && restore(form);
  });
  if (restored.length) {
    announce();
  }

  // Say that something was restored, with a button that gives it up.
  function announce() {
    var banner = document.createElement("div");
    banner.className = "alert alert-info restored";
    banner.setAttribute("role", "status");
    var sentence = document.createElement("p");
    sentence.textContent = "上次填写、还没有保存的内容已经恢复，请核对后提交。身份证号、电话等个人信息没有保留，需要重新填写。";
    var button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = "不要这些内容";
    button.addEventListener("click", function () {
      restored.forEach(function (form) { store.removeItem(keyOf(form)); });
      changed = [];
      window.location.reload();
    });
    banner.appendChild(sentence);
    banner.appendChild(button);
    document.getElementById("trouble").insertAdjacentElement("afterend", banner);
  }

  // --- while somebody types ---

  function keep(event) {
    var form = event.target.form;
    if (!event.isTrusted || !isWatched(form) || !event.target.name) {
      return;
    }
    isSigningOut = isGivenUp = false;
    if (changed.indexOf(form) < 0) {
      changed.push(form);
    }
    if (!isKept(event.target)) {
      return;
    }
    var key = keyOf(form);
    var kept = read(key) || {values: {}};
    kept.at = Date.now();
    kept.isSent = false;
    [event.target.name, "version"].forEach(function (name) {
      var found = fields(form, name);
      if (found.length && !(name === "version" && kept.values.version)) {
        kept.values[name] = valuesOf(found);
      }
    });
    write(key, kept);
  }
  document.addEventListener("input", keep);
  document.addEventListener("change", keep);

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.hasAttribute("data-signs-out")) {
      isSigningOut = true;
      return;
    }
    if (event.defaultPrevented || !isWatched(form)) {
      return;
    }
    changed = changed.filter(function (each) { return each !== form; });
    var kept = read(keyOf(form));
    if (kept) {
      kept.isSent = true;
      write(keyOf(form), kept);
    }
  });

  // The link 取消 gives the input up; other links leave it for a later visit.
  document.addEventListener("click", function (event) {
    isGivenUp = Boolean(event.target.closest && event.target.closest("a[data-gives-up]"));
  });

  window.addEventListener("beforeunload", function (event) {
    if (changed.some(function (form) { return document.contains(form); })) {
      event.preventDefault();
      event.returnValue = "";
    }
  });

  window.addEventListener("pagehide", function () {
    if (isSigningOut) {
      clear();
      try {
        window.localStorage.setItem(SIGNED_OUT, String(Date.now()));
      } catch (error) {
        return; // the other windows' input is of this user only, and is removed when another one signs in
      }
    } else if (isGivenUp) {
      changed.forEach(function (form) { store.removeItem(keyOf(form)); });
    }
  });
  window.addEventListener("storage", function (event) {
    if (event.key === SIGNED_OUT) {
      clear();
    }
  });
})();
