// The only names that a test may reach: those under .localhost, which are loopback (RFC 6761).
//
// Importing this file is enough. Whatever else Fedify looks up, a JSON-LD context that it does not carry
// with it for one, is refused and remembered, so that a test can say that nothing was.

import dns from "node:dns";

export const refusedNames = [];

const LOOPBACK = { address: "127.0.0.1", family: 4 };
const LOOPBACK_NAMES = /^(127\.0\.0\.1|(.+\.)?localhost)$/;

dns.lookup = (name, options, callback) => {
  const answer = callback ?? options;
  if (!LOOPBACK_NAMES.test(name)) {
    refusedNames.push(name);
    const error = new Error(`${name} is not a name of this test`);
    error.code = "ENOTFOUND";
    process.nextTick(answer, error);
  } else if (options?.all) {
    process.nextTick(answer, null, [LOOPBACK]);
  } else {
    process.nextTick(answer, null, LOOPBACK.address, LOOPBACK.family);
  }
};
