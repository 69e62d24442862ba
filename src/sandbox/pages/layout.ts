import { type Html, html } from './html.ts'

export const STYLESHEET_PATH = '/_sandbox/sandbox.css'

/** A whole page of the sandbox. `narrow` is for the sign-in steps. */
export function page(title: string, content: Html, { narrow }: { narrow: boolean }): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Local Google (sandbox)</title>
<link rel="stylesheet" href="${STYLESHEET_PATH}">
<link rel="icon" href="data:,">
</head>
<body>
<header class="bar"><strong>Local Google (sandbox)</strong><span>invented people, invented accounts</span></header>
<main class="${narrow ? 'narrow' : 'wide'}">
${content}
</main>
</body>
</html>
`.text
}

export const STYLESHEET = `
:root { --ground: #f6f6f4; --card: #fff; --ink: #1d1f21; --soft: #5c6166; --line: #d9dad6; --accent: #7a4a00; --on-accent: #fff; --bad: #a3261b; --focus: #1456b8 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #17181a; --card: #202225; --ink: #e9e9e6; --soft: #a4a8ad; --line: #3a3d41; --accent: #e2a94f; --on-accent: #201600; --bad: #ff9d92; --focus: #8ab8ff }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
.bar { display: flex; flex-wrap: wrap; gap: 0 1rem; padding: .6rem 1rem; border-bottom: 3px double var(--accent); background: var(--card) }
.bar span, .soft, small { color: var(--soft) }
main { padding: 1.5rem 1rem 4rem; margin: 0 auto }
main.narrow { max-width: 30rem }
main.wide { max-width: 72rem }
h1 { font-size: 1.4rem; line-height: 1.25; margin: .5rem 0 1rem }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1.25rem }
.list { list-style: none; margin: 0; padding: 0 }
.person { display: block; width: 100%; text-align: start; padding: .7rem .8rem; border: 1px solid var(--line); border-radius: 6px; background: none; color: inherit; font: inherit; cursor: pointer; margin-bottom: .5rem; overflow-wrap: anywhere }
.person:hover { border-color: var(--accent) }
.person span { display: block; color: var(--soft); font-size: .9em }
button:focus-visible, input:focus-visible, select:focus-visible, a:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px }
button { font: inherit }
.actions { display: flex; gap: .75rem; margin-top: 1.25rem; flex-wrap: wrap }
.primary, .secondary { padding: .5rem 1.1rem; border-radius: 6px; border: 1px solid var(--accent); cursor: pointer }
.primary { background: var(--accent); color: var(--on-accent) }
.secondary { background: none; color: var(--ink); border-color: var(--soft) }
.tick { display: flex; gap: .6rem; align-items: start; padding: .5rem 0 }
.tick input { width: 1.15rem; height: 1.15rem; margin: .2rem 0 0; accent-color: var(--accent) }
a { color: var(--focus) }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 1rem; overflow: auto; max-height: 32rem }
table { border-collapse: collapse; width: 100%; background: var(--card) }
th, td { text-align: start; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere }
.scroll { overflow-x: auto }
.on { color: var(--bad); font-weight: 600 }
.bad { color: var(--bad) }
form.inline { display: inline-flex; gap: .4rem; align-items: center; flex-wrap: wrap }
input[type=number], input[type=text], select { font: inherit; padding: .3rem .5rem; border: 1px solid var(--soft); border-radius: 5px; background: var(--ground); color: var(--ink); max-width: 100% }
.grid { display: grid; gap: .5rem 1rem; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)) }
`
