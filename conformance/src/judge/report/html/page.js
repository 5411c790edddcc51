(() => {
  const $ = (id) => document.getElementById(id);
  const cases = [...document.querySelectorAll(".case")];
  const chips = [...document.querySelectorAll(".chip")];
  const sections = [...document.querySelectorAll("section")];
  const fields = ["search", "chapter", "level"];
  const texts = new Map();
  const text = (one) => {
    if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
    return texts.get(one);
  };
  const outcomes = () => chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.outcome);
  const press = (wanted) => {
    for (const chip of chips) chip.setAttribute("aria-pressed", String(wanted.includes(chip.dataset.outcome)));
  };
  const shows = (one, wanted, words, chapter, level) =>
    (!wanted.length || wanted.includes(one.dataset.outcome) || (wanted.includes("care") && one.dataset.care)) &&
    (!level || one.dataset.level === level) &&
    (!chapter || one.parentElement.dataset.chapter === chapter) &&
    words.every((word) => text(one).includes(word));
  const apply = () => {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = outcomes();
    let shown = 0;
    for (const one of cases) {
      one.hidden = !shows(one, wanted, words, $("chapter").value, $("level").value);
      if (!one.hidden) shown += 1;
    }
    for (const section of sections) {
      const visible = section.querySelectorAll(".case:not([hidden])").length;
      section.hidden = visible === 0;
      section.querySelector(".of").textContent = visible;
    }
    $("shown").textContent = `${shown} of ${cases.length}`;
    $("none").hidden = shown > 0;
    const state = new URLSearchParams();
    if (wanted.length) state.set("outcome", wanted.join(","));
    for (const field of fields) if ($(field).value) state.set(field, $(field).value);
    history.replaceState(null, "", state.size ? `#${state}` : location.pathname + location.search);
  };
  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    press((state.get("outcome") || "").split(","));
    for (const field of fields) $(field).value = state.get(field) || "";
    apply();
  };
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      apply();
    });
  }
  for (const field of fields) $(field).addEventListener("input", apply);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("all").addEventListener("click", () => {
    press([]);
    for (const field of fields) $(field).value = "";
    apply();
  });
  addEventListener("hashchange", recall);
  $("filters").hidden = false;
  recall();
})();
