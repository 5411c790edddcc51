def handle(event, context):
    return {"statusCode": 200, "body": f"Hello, {event.text or 'world'}!"}
