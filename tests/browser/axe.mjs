// Accessibility by axe-core.
import axe from "axe-core";

/** The rules whose outcome changes with the colours of a page and with nothing else. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];
const LONG = Boolean(process.env.TEST_LONG);

/** What axe finds wrong with a page as it is now; `only` names rules, `rules` changes some. Targets must be large enough (WCAG 2.2). */
export async function violations(page, { only, rules = {} } = {}) {
  // Through the debugger, which no policy of the page stops.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const options = only ? { runOnly: only } : { rules: { "target-size": { enabled: true }, ...rules } };
  const { violations } = await page.evaluate((options) => globalThis.axe.run(document, { resultTypes: ["violations"], ...options }), options);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`));
}

/**
 * The same narrow and wide, light and dark, and with `more` contrast, where AAA asks for 7:1. In short the rules that know no colours are not
 * asked again for the second scheme. Open the page without motion: colours that change slowly are read half way.
 */
export async function violationsInEveryView(page, { rules, more = true }) {
  const found = [];
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, contrast: "no-preference" });
      const only = !LONG && colorScheme === "dark" ? OF_COLOURS : undefined;
      found.push(...(await violations(page, { only, rules })).map((what) => `at ${width} ${colorScheme}: ${what}`));
      if (!more || (!LONG && width === 320)) continue;
      await page.emulateMedia({ colorScheme, contrast: "more" });
      found.push(...(await violations(page, { only: ["color-contrast-enhanced"] })).map((what) => `at ${width} ${colorScheme}, more contrast: ${what}`));
    }
  }
  return found;
}
