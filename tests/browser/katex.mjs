// Reads [[latex, display], ...] as JSON from standard input; prints what KaTeX has against them.
import { readFileSync } from "node:fs";
import katex from "katex";

// Strict, but for letters that KaTeX has no measures of: names are made of any, in \\text{...}.
const strict = (code) => (code === "unknownSymbol" ? "ignore" : "error");
const complaints = [];
for (const [latex, display] of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    katex.renderToString(latex, {
      displayMode: display,
      strict,
      output: "mathml",
      macros: { "\\chainrulefit": "{#1}" }, // TeX measures; here it is only its argument
    });
  } catch (error) {
    complaints.push([latex, error.message]);
  }
}
console.log(JSON.stringify(complaints));
