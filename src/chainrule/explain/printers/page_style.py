"""How explanations look as HTML: the styles of a page, and those of a derivation in any page.

A derivation takes its colours from the text around it, so that it fits a notebook's theme.
"""

from __future__ import annotations

__all__ = ["DERIVATION", "PAGE"]

# Equations wrap between their sides; a side that is wider than the page scrolls by itself. On paper
# nothing scrolls: there a wide side is set smaller (--w is about how many digits wide it is).
# Brackets of matrices are borders: not every machine has a font whose brackets grow.
DERIVATION = """\
.chainrule { --quiet: color-mix(in srgb, currentColor 68%, transparent);
  --rule: color-mix(in srgb, currentColor 22%, transparent); --link: inherit;
  line-height: 1.55; overflow-wrap: break-word; }
.chainrule * { box-sizing: border-box; }
.chainrule math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", math;
  font-size: 1.08em; }
.chainrule h1, .chainrule h2, .chainrule h3, .chainrule h4, .chainrule h5, .chainrule h6 {
  font: inherit; margin: 0; }
.chainrule p { margin: .35em 0; max-width: 42em; }
.chainrule a { color: var(--link); text-underline-offset: .2em; text-decoration-thickness: 1px; }
.chainrule summary { cursor: pointer; list-style: none; display: flex; flex-wrap: wrap;
  align-items: baseline; gap: .3em 1.2em; position: relative; }
.chainrule summary::-webkit-details-marker { display: none; }
.chainrule summary::before { content: ""; position: absolute; inset-inline-start: -1.05em;
  top: .52em; border: .3em solid transparent; border-inline-start: .42em solid var(--quiet);
  border-inline-end: 0; }
.chainrule details[open] > summary::before { transform: rotate(90deg); }
.chainrule summary:focus-visible, .chainrule a:focus-visible, .chainrule .wide:focus-visible {
  outline: 2px solid var(--focus, currentColor); outline-offset: 3px; border-radius: 2px; }
.chainrule .part { margin: 1.9em 0 0; }
.chainrule .part > summary { border-bottom: 1px solid var(--rule); padding-bottom: .15em; }
.chainrule .part .part > summary { border-bottom: 0; padding-bottom: 0; }
.chainrule .part > summary::before { top: .68em; }
.chainrule h2 { font-size: 1.28em; font-weight: 600; }
.chainrule h3 { font-size: 1.1em; font-weight: 600; }
.chainrule h4, .chainrule h5, .chainrule h6 { font-weight: 600; }
.chainrule .part .part { margin-top: 1.2em; }
.chainrule .step { margin: .95em 0; }
.chainrule .body, .chainrule .steps { padding-inline-start: 1.6em; }
.chainrule .steps { border-inline-start: 2px solid var(--rule); margin-inline-start: .1em; }
.chainrule .eq { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3em .3em;
  min-width: 0; max-width: 100%; }
.chainrule .eq math { display: block math; math-style: normal; }
.chainrule .eq > * { flex: none; max-width: 100%; }
.chainrule .wide { overflow: auto hidden; padding: .2em .1em .45em; }
.chainrule .body > .eq { margin: .45em 0; }
.chainrule .note, .chainrule .from { color: var(--quiet); font-size: .88em; }
.chainrule .note { margin-inline-start: auto; display: flex; gap: .9em; }
.chainrule .from math, .chainrule .note a math { font-size: 1.2em; }
.chainrule h2 math { font-size: 1.2em; }
.chainrule sup { line-height: 0; }
.chainrule .rule { font-style: italic; }
.chainrule .line { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3em 1.2em; }
.chainrule .body > .remark { color: var(--quiet); }
@media (max-width: 36rem) { .chainrule .body, .chainrule .steps { padding-inline-start: .9em; }
  .chainrule .note { margin-inline-start: 0; } }
@media print { .chainrule .wide { overflow: visible; padding: 0;
    font-size: min(1em, calc(1em * 72 / var(--w))); }
  .chainrule details::details-content { content-visibility: visible !important;
    display: block !important; block-size: auto !important; }
  .chainrule summary::before { display: none; }
  .chainrule summary, .chainrule h2, .chainrule h3 { break-after: avoid; }
  .chainrule .eq, .chainrule p { break-inside: avoid; } }
"""

PAGE = """\
:root { color-scheme: light dark; --text: #1c1c1e; --page: #fff; --quiet-text: #595960;
  --rule-line: #d9d9de; --link-text: #0b57a4; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e3; --page: #17181a;
  --quiet-text: #a9a9a5; --rule-line: #3b3c40; --link-text: #8ab8f0; } }
html { -webkit-text-size-adjust: 100%; }
body { color: var(--text); background: var(--page); margin: 0 auto; max-width: 62rem;
  padding: 2.2rem 2.4rem 4rem; font: 1.0625rem/1.55 "Iowan Old Style", "Palatino Linotype",
  Palatino, "Source Serif 4", "Noto Serif", Georgia, serif; }
:lang(ko) body { font-family: "Apple SD Gothic Neo", "Noto Sans KR", "Noto Sans CJK KR",
  "Malgun Gothic", "NanumGothic", sans-serif; word-break: keep-all; }
body .chainrule { --quiet: var(--quiet-text); --rule: var(--rule-line); --link: var(--link-text);
  --focus: var(--link-text); }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; background: var(--page); color: var(--link-text);
  padding: .3rem .6rem; z-index: 1; }
header { border-bottom: 2px solid var(--text); padding-bottom: .7rem; }
header h1 { font-size: 1.75rem; font-weight: 600; margin: 0; display: flex; flex-wrap: wrap;
  align-items: center; gap: .2em .7em; }
header math { font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", math; }
nav { font-size: .95rem; margin: .8rem 0 0; }
nav ol { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: 0; padding: 0;
  list-style-position: inside; }
nav a { color: var(--link-text); text-underline-offset: .2em; text-decoration-thickness: 1px; }
nav math { font-size: 1.25em; }
nav li::marker { color: var(--quiet-text); }
nav a:focus-visible { outline: 2px solid var(--link-text); outline-offset: 3px; }
@media (max-width: 36rem) { body { padding: 1.2rem 1rem 2.5rem 1.5rem; font-size: 1rem; }
  header h1 { font-size: 1.4rem; } }
@page { size: A4; margin: 18mm 16mm; }
@media print { :root { color-scheme: light; --text: #000; --page: #fff; --quiet-text: #333;
    --rule-line: #bbb; --link-text: #000; }
  body { max-width: none; padding: 0 0 0 1em; font-size: 10.5pt; }
  nav, .skip { display: none; } .chainrule a { text-decoration: none; } }
"""
