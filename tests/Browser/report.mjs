// Checks a report in a real browser, and takes pictures of it.
// Usage: node report.mjs <chromium> <folder with fleet.html and hostile.html>
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

const [executablePath, folder] = process.argv.slice(2);
const profile = await mkdtemp(join(tmpdir(), "GitLabAgents-browser-"));
const browser = await puppeteer.launch({
  executablePath,
  headless: true, // --headless
  userDataDir: profile,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

// Opens a page and fails on whatever the browser reports about it.
async function open(name, { width = 1280, height = 900, scheme = "light" } = {}) {
  const page = await browser.newPage();
  const problems = [];
  const requests = [];
  page.on("console", message => problems.push(message.text()));
  page.on("pageerror", error => problems.push(String(error)));
  page.on("dialog", dialog => { problems.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", request => requests.push(request.url()));
  await page.evaluateOnNewDocument(() => {
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", event => globalThis.violations.push(event.violatedDirective));
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  const url = pathToFileURL(resolve(folder, name)).href;
  await page.goto(url);
  return {
    page,
    async close() {
      assert.deepEqual(problems, []);
      assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
      assert.deepEqual(requests.filter(request => request.split("#")[0] !== url), []);
      await page.close();
    },
  };
}

const column = (page, label) => page.$$eval(
  `#agents tbody tr:not([hidden]) [data-label="${label}"]`, cells => cells.map(cell => cell.dataset.value ?? cell.textContent));
const shown = page => page.$$eval("#agents tbody tr:not([hidden])", rows => rows.length);
const statusText = page => page.$eval("#shown", element => element.textContent);

async function clickHeader(page, label) {
  const headers = await page.$$("#agents thead th");
  for (const header of headers) {
    if (await header.evaluate(element => element.textContent) === label) {
      await (await header.$("button")).click();
      return header.evaluate(element => element.getAttribute("aria-sort"));
    }
  }

  throw new Error(`There is no column ${label}.`);
}

const checks = {
  async "sorting works in both directions, and what is not known comes last"() {
    const { page, close } = await open("fleet.html");
    for (const label of ["Status", "Tokens", "Last used", "Connected", "Registered", "Findings"]) {
      for (const direction of ["ascending", "descending"]) {
        assert.equal(await clickHeader(page, label), direction);
        const values = await column(page, label);
        const known = values.filter(value => value !== "").map(Number);
        const sign = direction === "ascending" ? 1 : -1;
        assert.deepEqual(known, [...known].sort((a, b) => sign * (a - b)), `${label} ${direction}`);
        assert.ok(values.slice(known.length).every(value => value === ""), label);
        assert.equal(await page.$$eval("#agents [aria-sort]", headers => headers.length), 1);
      }
    }

    const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
    assert.equal(await clickHeader(page, "Agent"), "ascending");
    const names = await column(page, "Agent");
    assert.deepEqual(names, [...names].sort(collator.compare));
    await close();
  },

  async "sorting works with the keyboard"() {
    const { page, close } = await open("fleet.html");
    await page.focus("#agents thead th button");
    await page.keyboard.press("Enter");
    assert.equal(await page.$eval("#agents thead th", header => header.getAttribute("aria-sort")), "ascending");
    await close();
  },

  async "filters work alone, together, and reset"() {
    const { page, close } = await open("fleet.html");
    const total = await shown(page);
    assert.equal(await statusText(page), `${total} of ${total} agents`);
    await page.select("#status", "Stale");
    const stale = await shown(page);
    assert.ok(stale > 0 && stale < total);
    assert.ok((await page.$$eval("#agents tbody tr:not([hidden])", rows => rows.map(row => row.dataset.status)))
      .every(status => status === "Stale"));
    await page.type("#search", "PAYMENTS");
    const both = await shown(page);
    assert.ok(both > 0 && both < stale);
    assert.ok((await column(page, "Project")).every(project => project.includes("payments")));
    await page.type("#search", " nothing-has-this-name");
    assert.equal(await shown(page), 0);
    assert.ok(await page.$eval("#no-match", element => element.checkVisibility()));
    await page.click("#reset");
    assert.equal(await shown(page), total);
    await page.select("#severity", "none");
    const healthy = await shown(page);
    await page.select("#severity", "error warning information");
    assert.equal(healthy + await shown(page), total);
    await close();
  },

  async "a finding leads to its agent although a filter hides it"() {
    const { page, close } = await open("fleet.html");
    await page.type("#search", "nothing-has-this-name");
    await page.click(".finding summary");
    const href = await page.$eval(".finding[open] a", link => { link.click(); return link.getAttribute("href"); });
    assert.ok(await page.$eval(href, row => row.checkVisibility() && row.matches(":target")));
    await close();
  },

  async "hostile names stay text"() {
    const { page, close } = await open("hostile.html");
    const names = JSON.parse(process.env.HOSTILE_NAMES);
    const texts = await page.$$eval("#agents tbody th", cells => cells.map(cell => cell.textContent));
    assert.deepEqual(texts.sort(), names.sort());
    assert.equal(await page.$$eval("script", scripts => scripts.length), 1);
    assert.equal(await page.$$eval("img, iframe, object, embed, link, main script", elements => elements.length), 0);
    assert.ok(await page.evaluate(() => [...document.querySelectorAll("*")]
      .every(element => element.getAttributeNames().every(name => !name.startsWith("on") && name !== "style"))));
    await close();
  },

  async "the policy refuses what is not the page's own"() {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(resolve(folder, "fleet.html")).href);
    const refused = await page.evaluate(() => new Promise(done => {
      document.addEventListener("securitypolicyviolation", event => done(event.violatedDirective));
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = true";
      document.body.append(script);
    }));
    assert.match(refused, /^script-src/);
    assert.equal(await page.evaluate(() => globalThis.ran), undefined);
    await page.close();
  },

  async "nothing is wider than the window, down to 320 pixels"() {
    for (const width of [1280, 1024, 768, 400, 320]) {
      for (const name of ["fleet.html", "hostile.html"]) {
        const { page, close } = await open(name, { width });
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at ${width}`);
        const [table, filters] = await page.$$eval("#agents, #filters", elements => elements
          .sort((a, b) => (a.id > b.id) - (a.id < b.id)).map(element => element.getBoundingClientRect().right));
        assert.ok(table <= filters + 1, `the table of ${name} at ${width}`);
        await close();
      }
    }
  },

  async "text has a contrast of 4.5 in light and dark"() {
    for (const scheme of ["light", "dark"]) {
      const { page, close } = await open("fleet.html", { scheme });
      const low = await page.evaluate(() => {
        const parse = color => color.match(/[\d.]+/g).map(Number);
        const luminance = ([r, g, b]) => {
          const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
          return 0.2126 * x + 0.7152 * y + 0.0722 * z;
        };
        const background = element => {
          for (let e = element; e; e = e.parentElement) {
            const color = parse(getComputedStyle(e).backgroundColor);
            if (color.length === 3 || color[3] === 1) { return color; }
          }

          return [255, 255, 255];
        };
        const found = new Set();
        for (const element of document.querySelectorAll("body *:not(script)")) {
          const hasText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim() !== "");
          if (!hasText || !element.checkVisibility()) { continue; }
          const style = getComputedStyle(element);
          const text = luminance(parse(element instanceof SVGElement ? style.fill : style.color));
          const back = luminance(background(element));
          const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
          if (contrast < 4.5) { found.add(`${element.tagName}.${element.className.baseVal ?? element.className} ${contrast.toFixed(2)}`); }
        }

        return [...found];
      });
      assert.deepEqual(low, [], scheme);
      await close();
    }
  },

  async "everything is printed, in light colors"() {
    const { page, close } = await open("fleet.html", { scheme: "dark" });
    await page.emulateMediaType("print");
    assert.equal(await page.$eval("body", body => getComputedStyle(body).backgroundColor), "rgb(255, 255, 255)");
    assert.ok(await page.$eval("#filters", filters => !filters.checkVisibility()));
    await page.pdf({ path: join(folder, "print.pdf"), preferCSSPageSize: true, printBackground: true });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.equal(await page.$$eval("details:not([open])", details => details.length), 0);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.ok(await page.$$eval("details:not([open])", details => details.length) > 0);
    await close();
  },

  async "pictures can be taken"() {
    for (const scheme of ["light", "dark"]) {
      const { page, close } = await open("fleet.html", { scheme, height: 1360 });
      await page.screenshot({ path: join(folder, `${scheme}.png`) });
      await close();
    }

    const { page, close } = await open("fleet.html", { width: 400 });
    await page.screenshot({ path: join(folder, "narrow.png"), fullPage: true });
    await close();
  },
};

let failed = 0;
try {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`passed: ${name}`);
    } catch (error) {
      failed++;
      console.log(`failed: ${name}\n${error.stack}`);
    }
  }
} finally {
  await browser.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}

process.exitCode = failed === 0 ? 0 : 1;
