// Fedify as a peer of a node under test: node peer.js PORT DIALECT
//
// DIALECT is what Fedify tries first when it sends: rfc9421 or draft-cavage-http-signatures-12.
// Two doors for tests beside the federation itself: POST /do/COMMAND with a JSON object (the methods of Alice,
// and `refuse`), and GET /log, which tells what arrived, how it was signed and what Fedify thought of it.

import "./loopback.js";
import { createServer } from "node:http";
import { verifyObject, verifyRequestDetailed } from "@fedify/fedify/sig";
import { Activity } from "@fedify/fedify/vocab";
import { refusedNames } from "./loopback.js";
import { Alice } from "./person.js";

const COMMANDS = ["follow", "like", "announce", "undo", "reply", "whisper", "write", "edit", "remove", "look", "read"];

const port = Number(process.argv[2]);
const origin = `http://fedify.localhost:${port}`;
const alice = await Alice.create(origin, process.argv[3]);

const deliveries = [];
// While above zero, requests signed in draft-cavage-12 are answered 401 and counted down.
let refusals = 0;

function dialectOf(request) {
  if (request.headers.has("signature-input")) return "rfc9421";
  return request.headers.has("signature") ? "draft-cavage-http-signatures-12" : null;
}

// Fedify itself takes a proof for enough and does not look at the signature then, so each is asked for here.
async function judgeSignature(request) {
  const { documentLoader, contextLoader } = alice.context;
  const spec = dialectOf(request);
  if (spec === null) return { dialect: null, verified: false };
  const result = await verifyRequestDetailed(request.clone(), { documentLoader, contextLoader, spec });
  return {
    dialect: spec,
    verified: result.verified,
    key: result.verified ? result.key.id.href : null,
    owner: result.verified ? result.key.ownerId.href : null,
    reason: result.verified ? null : result.reason.type,
  };
}

async function judgeProof(document) {
  const { documentLoader, contextLoader } = alice.context;
  if (!("proof" in document)) return { present: false, verified: false };
  const verified = await verifyObject(Activity, document, { documentLoader, contextLoader });
  return { present: true, verified: verified !== null };
}

async function deliver(request) {
  const document = await request.clone().json();
  const delivery = {
    path: new URL(request.url).pathname,
    headers: Object.fromEntries(request.headers),
    signature: await judgeSignature(request),
    proof: await judgeProof(document),
    document,
  };
  deliveries.push(delivery);
  const refused = delivery.signature.dialect !== "rfc9421" && refusals > 0;
  if (refused) refusals -= 1;
  const response = refused
    ? new Response("refused by the test", { status: 401 })
    : await alice.federation.fetch(request, { contextData: undefined });
  delivery.status = response.status;
  return response;
}

async function command(name, options) {
  if (name === "refuse") {
    refusals = options.times;
    return {};
  }
  if (!COMMANDS.includes(name)) throw new Error(`there is no command ${name}`);
  return await alice[name](options);
}

async function answer(request) {
  const { pathname } = new URL(request.url);
  if (pathname === "/log") {
    return Response.json({ deliveries, believed: alice.believed, refusedNames });
  }
  if (pathname.startsWith("/do/")) {
    return Response.json(await command(pathname.slice("/do/".length), await request.json()));
  }
  if (request.method === "POST") return await deliver(request);
  return await alice.federation.fetch(request, { contextData: undefined });
}

async function toRequest(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = incoming.method === "GET" ? undefined : Buffer.concat(chunks);
  return new Request(new URL(incoming.url, origin), { method: incoming.method, headers: incoming.headers, body });
}

const server = createServer(async (incoming, outgoing) => {
  try {
    const response = await answer(await toRequest(incoming));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  } catch (error) {
    console.error(error);
    outgoing.writeHead(500, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ error: String(error) }));
  }
});
server.listen(port, "127.0.0.1", () => console.log(`ready at ${origin}`));
