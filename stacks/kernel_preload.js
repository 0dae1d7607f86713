// Loaded into the jsii kernel with --require.
"use strict";

const fs = require("fs");
const Module = require("module");

// Node.js would print the line of the error, and the kernel's program is one line. Without a reader, nothing is printed.
process.on("uncaughtException", (error) => {
  if (error.code !== "EPIPE" && error.code !== "ECONNRESET") {
    console.error(error.stack);
  }
  process.exit(1);
});

const load = Module._extensions[".js"];

// The index of @cdktf/provider-aws requires one file for each of its 2,200 resources. Each such line becomes a getter
// that requires the file on first use.
const INDEX = /[\\/]@cdktf[\\/]provider-aws[\\/]lib[\\/]index\.js$/;
const ENTRY = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;

function loadIndex(module, filename) {
  const entries = [...fs.readFileSync(filename, "utf8").matchAll(ENTRY)];
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
}

// The kernel talks to its parent over file descriptor 3, which a second Node.js process opens. Started by itself, from
// the folder of the Python package, its channel is the standard input, and its worker has the package's file name.
const PROGRAM = /[\\/]jsii[\\/]_embedded[\\/]jsii[\\/]lib__program\.js$/;

function loadProgram(module, filename) {
  const source = fs
    .readFileSync(filename, "utf8")
    .replace("readFD:3,writeFD:3", "readFD:0,writeFD:0")
    .replace('"runtime-index-worker.js"', '"lib__runtime-index-worker.js"');
  module._compile(source, filename);
}

// cdktf requires a package for zip files, with 60 modules, which only assets need.
const ZIP = /[\\/]cdktf[\\/]lib[\\/]private[\\/]fs\.js$/;

function loadWithoutZip(module, filename) {
  const source = fs
    .readFileSync(filename, "utf8")
    .replace('const archiver = require("archiver");', 'const archiver = (...all) => require("archiver")(...all);');
  module._compile(source, filename);
}

const LOADERS = [[INDEX, loadIndex], [PROGRAM, loadProgram], [ZIP, loadWithoutZip]];

Module._extensions[".js"] = function (module, filename) {
  const [, read] = LOADERS.find(([pattern]) => pattern.test(filename)) ?? [null, load];
  return read(module, filename);
};
