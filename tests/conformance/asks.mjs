// Sends what standard input says with the clients of Node, and prints what came: one JSON object each.
import http from "node:http";
import zlib from "node:zlib";

const PACKS = {
  gzip: zlib.gzipSync,
  "x-gzip": zlib.gzipSync,
  deflate: zlib.deflateSync,
  "raw deflate": zlib.deflateRawSync,
  zstd: zlib.zstdCompressSync,
  br: zlib.brotliCompressSync,
};

let said = "";
for await (const piece of process.stdin) said += piece;
const { client, url, method = "POST", headers = {}, body = "", packs = [], chunks = 0 } = JSON.parse(said);
const packed = packs.reduce((bytes, name) => PACKS[name](bytes), Buffer.from(body));

function cut(bytes, parts) {
  const size = Math.ceil(bytes.length / parts);
  return Array.from({ length: parts }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}

async function byFetch() {
  const stream = () => ReadableStream.from(cut(packed, chunks));
  const sent = method === "GET" || method === "HEAD" ? {} : chunks ? { body: stream(), duplex: "half" } : { body: packed };
  const answer = await fetch(url, { method, headers, ...sent });
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
}

function byHttp() {
  return new Promise((resolve, reject) => {
    let continued = false;
    const request = http.request(url, { method, headers }, (answer) => {
      let text = "";
      answer.on("data", (piece) => (text += piece));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: text, continued }));
    });
    request.on("upgrade", () => reject(new Error("another protocol is spoken")));
    request.on("error", reject);
    const send = () => {
      for (const piece of chunks ? cut(packed, chunks) : []) request.write(piece);
      request.end(chunks ? undefined : packed);
    };
    if (headers.expect) {
      request.on("continue", () => {
        continued = true;
        send();
      });
      request.flushHeaders();
    } else send();
  });
}

function byWebSocket() {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.addEventListener("open", () => resolve({ open: true }));
    socket.addEventListener("error", () => resolve({ open: false }));
  });
}

console.log(JSON.stringify(await { fetch: byFetch, http: byHttp, websocket: byWebSocket }[client]()));
