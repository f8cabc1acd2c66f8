// Unpack the headless Chromium of @sparticuz/chromium, the libraries and the fonts it needs, into
// the folder named in TMPDIR (where the package puts what it unpacks).
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { inflate } from "@sparticuz/chromium";

const bin = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..", "bin");
for (const pack of ["al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br", "chromium.br"]) {
  await inflate(join(bin, pack));
}
