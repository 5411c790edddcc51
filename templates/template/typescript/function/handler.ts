import type { Context } from "function-runtime";

export default async function handle(request: Request, context: Context): Promise<Response> {
  const name = (await request.text()) || "world";
  context.log.info(`greeting ${name}`);
  return new Response(`Hello, ${name}!`);
}
