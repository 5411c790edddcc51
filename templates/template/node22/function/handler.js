"use strict";

module.exports = async (event, context) => {
  return context.status(200).succeed(`Hello, ${event.text || "world"}!`);
};
