// Loaded into the jsii kernel with --require. The index of @cdktf/provider-aws requires one file for each of its
// 2,200 resources. This replaces every such line with a getter that requires the file on first use.
"use strict";

const fs = require("fs");
const Module = require("module");

const INDEX = /[\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/]index\.js$/;
const ENTRY = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;
const load = Module._extensions[".js"];

Module._extensions[".js"] = function (module, filename) {
  const entries = INDEX.test(filename) ? [...fs.readFileSync(filename, "utf8").matchAll(ENTRY)] : [];
  if (entries.length === 0) {
    return load(module, filename);
  }
  for (const [, name, path] of entries) {
    Object.defineProperty(module.exports, name, {
      enumerable: true,
      configurable: true,
      get: () => module.require(path),
    });
  }
};
