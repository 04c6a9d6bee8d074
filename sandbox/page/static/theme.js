// Runs before the first paint, so that a chosen theme never flashes; a plain script, not a module.
(() => {
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be switched off; the system's preference is then used.
  }
})();
