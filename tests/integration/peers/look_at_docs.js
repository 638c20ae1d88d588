// Opens the page about the API in a browser, unfolds every call, and says what was seen, on one
// line: the calls, the requests that were made, and what the browser complained about.
// Arguments: the browser, the page's address.
"use strict";

const { chromium } = require("playwright-core");

async function look(executablePath, address) {
  // Tests may run as root, where the browser's own sandbox cannot.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const complaints = [];
    const requests = [];
    page.on("console", (said) => complaints.push(`${said.type()}: ${said.text()}`));
    page.on("pageerror", (fault) => complaints.push(String(fault)));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(address);
    await page.locator(".opblock").first().waitFor();
    const calls = page.locator(".opblock");
    const ids = await calls.evaluateAll((all) => all.map((one) => one.id));
    for (const id of ids) {
      const call = page.locator(`[id="${id}"]`);
      const fold = call.locator("button.opblock-summary-control");
      await fold.click();
      await call.locator(".responses-wrapper").waitFor();
      if (!id.endsWith("-getLive")) await fold.click(); // many open ones make the page slow
    }
    return { title: await page.title(), ids, requests, complaints, said: await tryOne(page) };
  } finally {
    await browser.close();
  }
}

// What a visitor sees who tries a call that needs no login.
async function tryOne(page) {
  const call = page.locator('[id$="-getLive"]');
  await call.locator("button.try-out__btn").click();
  await call.locator("button.execute").click();
  const answer = call.locator(".live-responses-table .response-col_description pre").first();
  await answer.waitFor();
  return answer.innerText();
}

look(process.argv[2], process.argv[3]).then(
  (seen) => console.log(JSON.stringify(seen)),
  (fault) => {
    console.error(fault);
    process.exitCode = 1;
  },
);
