/** Ids on their way into paths. */

/** The id, if it is written as ids are: anything else could lead to another path. */
export function identified(id: string): string {
    // Of what is no text, such as undefined, JavaScript would make one.
    if (typeof id !== 'string' || !/^\w+$/.test(id))
        throw new TypeError(`${JSON.stringify(id)} is not an id`);
    return id;
}
