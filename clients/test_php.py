"""php-cgi as the function, by CGI, over both protocols."""

import pytest

from conftest import HERE, find
from forms import FORKING, Forms, settings


@pytest.fixture(scope="module", params=FORKING)
def page(request, standing):
    script = HERE / "functions/form.php"
    return standing(**settings(request.param), fprocess=find("php-cgi"), SCRIPT_FILENAME=script, REDIRECT_STATUS="200")


class TestPhp(Forms):
    pass
