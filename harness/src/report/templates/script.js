(() => {
  const opened = [];
  const section = (button, action) =>
    document.querySelectorAll(`#${button.dataset[action]} > details`).forEach((details) => {
      details.open = action === "open";
    });
  for (const action of ["open", "close"]) {
    document.querySelectorAll(`button[data-${action}]`).forEach((button) => {
      button.addEventListener("click", () => section(button, action));
    });
  }
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
  // Paper shows everything.
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((details) => {
      details.open = true;
      opened.push(details);
    });
  });
  addEventListener("afterprint", () => {
    opened.splice(0).forEach((details) => {
      details.open = false;
    });
  });
})();
