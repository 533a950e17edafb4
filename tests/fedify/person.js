// A person called alice on a Fedify server: what she publishes, what reaches her, what she does.

import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import { Temporal } from "@js-temporal/polyfill";
import {
  Accept,
  Activity,
  Announce,
  Create,
  Delete,
  Endpoints,
  Follow,
  Like,
  Mention,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Tombstone,
  Undo,
  Update,
} from "@fedify/fedify/vocab";

const NAME = "alice";

export class Alice {
  // What Fedify handed to an inbox listener: it believed these.
  believed = [];
  // Everything alice made, by id; all of it can be fetched.
  made = new Map();

  static async create(origin, firstKnock) {
    const alice = new Alice();
    alice.origin = origin;
    alice.keyPairs = [
      await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
      await generateCryptoKeyPair("Ed25519"),
    ];
    alice.federation = createFederation({
      kv: new MemoryKvStore(),
      origin,
      firstKnock,
      allowPrivateAddress: true,
    });
    alice.publish();
    alice.listen();
    return alice;
  }

  get context() {
    return this.federation.createContext(new URL(this.origin), undefined);
  }

  publish() {
    this.federation
      .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
        if (identifier !== NAME) return null;
        const pairs = await ctx.getActorKeyPairs(identifier);
        return new Person({
          id: ctx.getActorUri(identifier),
          preferredUsername: identifier,
          name: "Alice of Fedify",
          url: new URL(`/@${identifier}`, this.origin),
          inbox: ctx.getInboxUri(identifier),
          endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
          publicKey: pairs[0].cryptographicKey,
          assertionMethods: pairs.map((pair) => pair.multikey),
        });
      })
      .setKeyPairsDispatcher(() => this.keyPairs);
    for (const [kind, path] of [[Note, "notes"], [Follow, "follows"]]) {
      this.federation.setObjectDispatcher(kind, `/${path}/{number}`, (_ctx, { number }) =>
        this.made.get(`${this.origin}/${path}/${number}`) ?? null);
    }
  }

  listen() {
    this.federation
      .setInboxListeners("/users/{identifier}/inbox", "/inbox")
      .on(Follow, async (ctx, follow) => {
        this.believe(follow);
        const accept = new Accept({ id: this.newId("accepts"), actor: this.uri, object: follow });
        await ctx.sendActivity({ identifier: NAME }, await follow.getActor(ctx), accept);
      })
      .on(Activity, (_ctx, activity) => this.believe(activity));
  }

  believe(activity) {
    this.believed.push({
      type: activity.constructor.name,
      id: activity.id?.href,
      actor: activity.actorId?.href,
      object: activity.objectId?.href,
    });
  }

  get uri() {
    return this.context.getActorUri(NAME);
  }

  newId(path) {
    return new URL(`/${path}/${this.made.size + this.believed.length + 1}`, this.origin);
  }

  remember(thing) {
    this.made.set(thing.id.href, thing);
    return thing;
  }

  async send(activity, recipient) {
    this.remember(activity);
    await this.context.sendActivity({ identifier: NAME }, recipient, activity);
    return { id: activity.id.href, object: activity.objectId?.href };
  }

  async find(uri) {
    const options = { ...this.context, documentLoader: await this.loader() };
    const found = await this.context.lookupObject(uri, options);
    if (found === null) throw new Error(`nothing was found at ${uri}`);
    return found;
  }

  // Signs what it fetches.
  loader() {
    return this.context.getDocumentLoader({ identifier: NAME });
  }

  async authorOf(uri) {
    return await this.find((await this.find(uri)).attributionId.href);
  }

  // -- what a test can ask alice to do

  async follow({ actor }) {
    const recipient = await this.find(actor);
    const follow = new Follow({ id: this.newId("follows"), actor: this.uri, object: recipient.id });
    return await this.send(follow, recipient);
  }

  async like({ object }) {
    const like = new Like({ id: this.newId("likes"), actor: this.uri, object: new URL(object) });
    return await this.send(like, await this.authorOf(object));
  }

  async announce({ object }) {
    const announce = new Announce({
      id: this.newId("announces"),
      actor: this.uri,
      object: new URL(object),
      to: PUBLIC_COLLECTION,
    });
    return await this.send(announce, await this.authorOf(object));
  }

  async undo({ activity, actor }) {
    const undo = new Undo({ id: this.newId("undos"), actor: this.uri, object: this.made.get(activity) });
    return await this.send(undo, await this.find(actor));
  }

  async reply({ object, content }) {
    const author = await this.authorOf(object);
    const note = this.remember(
      new Note({
        id: this.newId("notes"),
        attribution: this.uri,
        replyTarget: new URL(object),
        content,
        to: PUBLIC_COLLECTION,
        cc: author.id,
        tags: [new Mention({ href: author.id, name: `@${author.preferredUsername}` })],
        published: Temporal.Now.instant(),
      }),
    );
    return await this.send(this.about(Create, "creates", note), author);
  }

  // A private message: it is for one actor, and answers something or nothing.
  async whisper({ actor, object, content }) {
    const recipient = await this.find(actor);
    const note = this.remember(
      new Note({
        id: this.newId("notes"),
        attribution: this.uri,
        replyTarget: object ? new URL(object) : null,
        content,
        to: recipient.id,
        tags: [new Mention({ href: recipient.id, name: `@${recipient.preferredUsername}` })],
        published: Temporal.Now.instant(),
      }),
    );
    const create = new Create({
      id: this.newId("creates"),
      actor: this.uri,
      object: note,
      to: recipient.id,
    });
    return await this.send(create, recipient);
  }

  // A post to a follower that answers nothing.
  async write({ actor, content }) {
    const note = this.remember(
      new Note({
        id: this.newId("notes"),
        attribution: this.uri,
        content,
        to: PUBLIC_COLLECTION,
        published: Temporal.Now.instant(),
      }),
    );
    return await this.send(this.about(Create, "creates", note), await this.find(actor));
  }

  async edit({ note, content, actor }) {
    const changed = this.made.get(note).clone({ content, updated: Temporal.Now.instant() });
    this.remember(changed);
    return await this.send(this.about(Update, "updates", changed), await this.find(actor));
  }

  async remove({ note, actor }) {
    const tombstone = new Tombstone({ id: new URL(note) });
    this.made.delete(note);
    return await this.send(this.about(Delete, "deletes", tombstone), await this.find(actor));
  }

  about(kind, path, object) {
    return new kind({ id: this.newId(path), actor: this.uri, object, to: PUBLIC_COLLECTION });
  }

  // What Fedify makes of an actor: the keys that it can use are those that it can see.
  async look({ actor }) {
    const found = await this.find(actor);
    const [publicKeys, assertionKeys] = [[], []];
    for await (const key of found.getPublicKeys(this.context)) publicKeys.push(key.id.href);
    for await (const key of found.getAssertionMethods(this.context)) assertionKeys.push(key.id.href);
    return {
      type: found.constructor.name,
      id: found.id.href,
      name: found.name?.toString(),
      preferredUsername: found.preferredUsername?.toString(),
      inbox: found.inboxId?.href,
      sharedInbox: found.endpoints?.sharedInbox?.href,
      publicKeys,
      assertionKeys,
    };
  }

  // What Fedify makes of an object, written again in its own words.
  async read({ object }) {
    return await (await this.find(object)).toJsonLd(this.context);
  }
}
