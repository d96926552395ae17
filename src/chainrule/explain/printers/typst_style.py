"""How a hand-out looks, in Typst: pages, headings, equations that are broken or scaled to fit."""

from __future__ import annotations

from chainrule.explain.printers.compiled import FONT

__all__ = ["STYLE"]

STYLE = (
    r"""
#set page(paper: "a4", margin: (x: 2.2cm, y: 2.3cm), numbering: "1 / 1")
#set text(font: ("Libertinus Serif", "HANGUL", "New Computer Modern Math"), size: 10.5pt)
#set par(leading: 0.62em, spacing: 0.75em)
#set block(spacing: 0.75em)
#show math.equation: set text(font: ("New Computer Modern Math", "HANGUL"))
#set math.mat(row-gap: 0.35em, column-gap: 0.75em)
#show heading: set block(above: 1.6em, below: 1em, sticky: true)
#show heading.where(level: 1): set text(size: 14pt)
#show heading.where(level: 2): set text(size: 12pt)

#let quiet = luma(90)
#let tint = rgb("#1f4e8c")
#let small(body) = text(size: 9pt, fill: quiet, body)
#let axis = 0.25em // how far above the line fractions and signs are centred
#let highest = 23cm
#let widest = 1.4 // times the room: what is wider is broken within brackets, too

// A formula, smaller where it is wider than the room or higher than a page.
#let fitted(body, room) = {
  let size = measure(body)
  let part = calc.min(1, room / calc.max(size.width, 1pt), highest / calc.max(size.height, 1pt))
  if part >= 1 { return box(body) }
  box(scale(part * 100%, reflow: true, body))
}

// Signs and pieces of one side in lines that fit the room; what goes on is indented.
#let broken(pieces, room) = {
  let lines = ((),)
  let used = 0pt
  let indent = 0pt
  for piece in pieces {
    let width = measure(piece).width
    if used > 0pt and used + width > room {
      indent = 1.5em.to-absolute()
      lines.push((h(indent),))
      used = indent
    }
    lines.last().push(fitted(piece, room - indent))
    used += width
  }
  lines
}

// Some columns of a matrix that is too wide, and which they are.
#let columns(said, body) = box(baseline: 50% - axis, stack(spacing: 0.5em, small(said), body))

#let title(body, view) = {
  align(center, {
    set par(leading: 0pt)
    text(size: 17pt, layout(room => fitted(body, room.width)))
    v(0.5em)
    text(size: 12pt, fill: quiet, view)
  })
  v(0.6em)
}

// What is found, and its sides, on one line if there is room; else each on a line of its own.
#let equation(left, sides, shape) = layout(room => {
  let note = if shape == none { none } else { small(shape) }
  let left = if left == none { none } else { fitted(left, room.width * 0.9) }
  let gap = 0.28em.to-absolute()
  let sign-width = measure($=$).width + 2 * gap
  let indent = measure(left).width
  let space = room.width - indent - sign-width - measure(note).width - 1em.to-absolute()
  let is-apart = space < room.width * 0.5 and sides.len() > 0
  if is-apart {
    space += indent - 1.5em.to-absolute()
    indent = 1.5em.to-absolute()
  }
  let sign(it) = box(width: sign-width, align(center, it))
  let fit(piece) = fitted(piece, space)
  let rows = ()
  let widths = sides.map(side => side.pieces.map(piece => measure(piece).width).sum())
  let whole = widths.sum(default: 0pt)
  if whole + sign-width * calc.max(sides.len() - 1, 0) <= space {
    rows.push(sides.map(side => sign(side.sign) + side.pieces.map(fit).join()).join())
  } else {
    for side in sides {
      let is-wide = side.pieces.any(piece => measure(piece).width > space * widest)
      let pieces = if is-wide { side.at("finer", default: side.pieces) } else { side.pieces }
      for (at, line) in broken(pieces, space).enumerate() {
        rows.push((if at == 0 { sign(side.sign) } else { h(sign-width) }) + line.join())
      }
    }
  }
  if is-apart { rows.insert(0, none) }
  for (at, row) in rows.enumerate() {
    let start = if at == 0 { left } else { h(indent) }
    block(start + row + if at == 0 { h(1fr) + note })
  }
})

// A step among others, the further to the right the deeper it is; with words it needs more room.
#let nested(depth, gap, body) = {
  if depth == 0 { return block(above: gap, below: gap, width: 100%, body) }
  let line = (left: 0.6pt + luma(200))
  block(above: 0pt, below: 0pt, inset: (left: depth * 1.1em), width: 100%,
    block(inset: (left: 0.9em, y: gap / 2), stroke: line, width: 100%, body))
}

#let quantity(depth, left: none, sides: (), shape: none, rule: none, why: none, remarks: ()) = {
  let is-plain = rule == none and why == none and remarks == ()
  nested(depth, if is-plain { 0.85em } else { 1.3em }, {
    if rule != none or why != none {
      block(sticky: true, {
        if rule != none { text(size: 9.5pt, weight: "semibold", fill: tint, rule) + h(0.6em) }
        if why != none { why }
      })
    }
    if left != none or sides.len() > 0 {
      set par(leading: 0pt) // else formulas reach into the lines around them
      equation(left, sides, shape)
    }
    for remark in remarks { block(small(remark)) }
  })
}

#let remark(depth, body) = if depth == 0 { par(body) } else { nested(depth, 1em, body) }
"""
).replace("HANGUL", FONT)
