/** Style of the exported report: for a screen in the light, and for paper. */
export const REPORT_STYLE = `
:root {
  --ink: #1a1f26; --soft: #4a5361; --muted: #646e7d; --line: #e1e5eb; --wash: #f6f7f9;
  --accent: #2841a0; --ok: #0c6b3c; --ok-bg: #e4f4ea; --bad: #b42318; --bad-bg: #fdeceb;
  --warn: #8a5a00; --warn-bg: #fdf3dc;
}
* { box-sizing: border-box; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body {
  margin: 0; background: #eceff3; color: var(--ink);
  font: 14px/1.5 Inter, "Segoe UI", system-ui, -apple-system, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1000px; margin: 32px auto; padding: 48px 56px 56px; background: #fff; border-radius: 10px; box-shadow: 0 1px 3px rgb(16 24 40 / 12%); }
h1 { margin: 4px 0 0; font-size: 28px; line-height: 1.2; letter-spacing: -0.015em; }
h2 { margin: 40px 0 12px; font-size: 17px; letter-spacing: -0.005em; }
h2 + p { margin-top: -6px; }
p { margin: 0 0 12px; max-width: 72ch; }
code, .mono { font-family: "JetBrains Mono", ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.86em; overflow-wrap: anywhere; }
.brand { color: var(--accent); font-weight: 600; letter-spacing: 0.02em; }
.sub { margin: 4px 0 0; color: var(--muted); }
.muted { color: var(--muted); }
.verdict { display: grid; grid-template-columns: auto 1fr; gap: 4px 18px; align-items: center; margin: 28px 0 24px; padding: 20px 24px; border-radius: 10px; border: 1px solid; }
.verdict .sign { grid-row: span 2; width: 44px; height: 44px; }
.verdict strong { font-size: 20px; line-height: 1.25; }
.verdict p { margin: 0; color: var(--soft); }
.passed { background: var(--ok-bg); border-color: #b6e0c6; } .passed strong { color: var(--ok); }
.failed { background: var(--bad-bg); border-color: #f5c2bd; } .failed strong { color: var(--bad); }
.inconclusive { background: var(--warn-bg); border-color: #efd59a; } .inconclusive strong { color: var(--warn); }
dl.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0 40px; margin: 0; }
dl.facts div { display: grid; grid-template-columns: 128px 1fr; gap: 12px; padding: 7px 0; border-bottom: 1px solid var(--line); }
dl.facts .wide { grid-column: 1 / -1; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(5, 1fr); gap: 10px; margin: 20px 0 0; }
.figures div { padding: 12px 14px; border: 1px solid var(--line); border-radius: 8px; }
.figures b { display: block; font-size: 21px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figures span { color: var(--muted); font-size: 12.5px; }
.figures .hot b { color: var(--bad); } .figures .warm b { color: var(--warn); }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; }
.rows th, .rows td { padding: 8px 14px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.rows thead th { border-bottom: 1.5px solid #c3cad4; padding-top: 0; }
.rows .n { text-align: right; padding-left: 10px; padding-right: 0; font-variant-numeric: tabular-nums; white-space: nowrap; }
.rows .zero { color: #7b8594; }
.rows small { display: block; color: var(--muted); font-size: 12.5px; }
.scroll { overflow-x: auto; }
.matrix { width: auto; border-collapse: separate; border-spacing: 2px; font-size: 12px; }
.matrix th { font-weight: 500; white-space: nowrap; padding: 0 6px 0 0; color: var(--ink); }
.matrix th.col { padding: 0; text-align: center; color: var(--muted); font-weight: 500; }
.matrix th .no { display: inline-block; min-width: 1.7em; color: var(--muted); font-variant-numeric: tabular-nums; }
.matrix td { width: 25px; min-width: 19px; height: 23px; text-align: center; border-radius: 4px; font-weight: 700; padding: 0; line-height: 1; }
.matrix td.passed, .key.passed { background: #d3efdf; color: var(--ok); }
.matrix td.failed, .key.failed { background: var(--bad); color: #fff; }
.matrix td.inconclusive, .key.inconclusive { background: #f8e3b0; color: #6b4600; }
.matrix td.self, .key.self { background: var(--wash); color: #b3bac4; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; margin: 12px 0 0; color: var(--soft); font-size: 13px; }
.key { display: inline-block; width: 21px; height: 19px; margin-right: 7px; border-radius: 4px; text-align: center; line-height: 19px; font-weight: 700; font-size: 12px; vertical-align: 1px; }
.finding { padding: 14px 0 12px; border-top: 1px solid var(--line); break-inside: avoid; }
.finding:last-child { border-bottom: 1px solid var(--line); }
.finding h3 { margin: 0 0 4px; font-size: 14px; font-weight: 600; }
.finding .pairs { margin-top: 6px; color: var(--muted); font-size: 12.5px; }
.finding h3 .muted { font-weight: 400; }
.finding ul { margin: 6px 0 0; padding-left: 18px; color: var(--soft); font-size: 13px; }
.tag { display: inline-block; margin-right: 8px; padding: 1px 8px; border-radius: 20px; font-size: 11.5px; font-weight: 600; line-height: 1.6; vertical-align: 1px; }
.tag.critical, .tag.crossed { background: var(--bad-bg); color: var(--bad); }
.tag.high, .tag.inconclusive { background: var(--warn-bg); color: var(--warn); border: 0; }
.tag.medium, .tag.weak { background: #eaeef5; color: #3a4a6b; }
.note { padding: 14px 18px; border-left: 3px solid #d9a520; background: var(--warn-bg); border-radius: 0 8px 8px 0; }
.note p { max-width: none; } .note p:last-child { margin: 0; }
ol.how { padding-left: 20px; max-width: 76ch; } ol.how li { margin: 0 0 6px; }
footer { margin-top: 44px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--muted); font-size: 12.5px; }
@media (max-width: 760px) {
  main { margin: 0; padding: 24px 18px; border-radius: 0; }
  dl.facts { grid-template-columns: 1fr; } .figures { grid-template-columns: repeat(2, 1fr); }
}
@media print {
  @page { size: A4; margin: 14mm 13mm 15mm; }
  body { background: #fff; font-size: 10.5pt; }
  main { max-width: none; margin: 0; padding: 0; box-shadow: none; border-radius: 0; }
  h2 { break-after: avoid; margin-top: 26px; }
  thead { display: table-header-group; } tr, .verdict, .figures div, .note { break-inside: avoid; }
  .scroll { overflow: visible; } .matrix { font-size: 8pt; border-spacing: 1px; }
  .matrix td { height: 18px; width: 20px; min-width: 11px; border-radius: 2px; }
  table { font-size: 9.5pt; }
}
`
