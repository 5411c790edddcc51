(() => {
  for (const button of document.querySelectorAll(".group button")) {
    const clauses = button.closest("tbody").nextElementSibling;
    const show = (yes) => {
      button.setAttribute("aria-expanded", String(yes));
      clauses.hidden = !yes;
    };
    button.addEventListener("click", () => show(clauses.hidden));
    show(false);
  }
})();
