<?php
// What a PHP page sees of its request, and answers of several kinds.
switch ($_GET['do'] ?? '') {
    case 'missing':
        http_response_code(404);
        echo "not here\n";
        exit;
    case 'moved':
        header('Location: http://example.org/elsewhere', true, 303);
        exit;
    case 'nothing':
        http_response_code(204);
        exit;
    case 'cookies':
        setcookie('a', '1');
        setcookie('b', '2');
        exit;
    case 'large':
        echo str_repeat('x', 1000000);
        exit;
}
header('Content-Type: application/json');
$files = [];
foreach ($_FILES as $name => $file) {
    $files[$name] = [$file['name'], $file['size'], hash_file('sha256', $file['tmp_name'])];
}
$server = [];
foreach (['REQUEST_METHOD', 'QUERY_STRING', 'CONTENT_TYPE', 'CONTENT_LENGTH', 'SERVER_PROTOCOL', 'SERVER_NAME', 'SERVER_PORT', 'HTTP_HOST',
    'GATEWAY_INTERFACE', 'REMOTE_ADDR', 'HTTP_X_ONE', 'HTTP_TRANSFER_ENCODING', 'HTTP_PROXY'] as $name) {
    $server[$name] = $_SERVER[$name] ?? null;
}
$raw = file_get_contents('php://input');
echo json_encode(['get' => $_GET, 'post' => $_POST, 'files' => $files, 'cookie' => $_COOKIE, 'server' => $server, 'length' => strlen($raw), 'sum' => hash('sha256', $raw)]);
